import type { CallOutcome, RunSettings } from "@tokenhub/contracts";
import { describe, expect, test } from "vitest";
import { answered, failed, failureOf, inputFor, modeNamed, runThrough, successOf } from "../test-runs.ts";

const mode = modeNamed("vote");

function runWith(settings: Partial<RunSettings>, texts: Readonly<Record<string, string | CallOutcome>> = {}) {
  return runThrough({ input: inputFor({ mode, settings }), mode }, ({ spec }) => {
    const text = texts[spec.callId] ?? (spec.role === "judge" ? "1" : `text of ${spec.callId}`);
    if (typeof text !== "string") return text;
    return answered(text, { modelId: spec.role === "judge" ? "judge-model" : `model-${spec.model.rank}` });
  });
}

describe("the calls of a run", () => {
  test.each([
    [0, 4],
    [1, 1],
    [2, 3],
    [3, 4],
    [10, 11],
  ])(
    "S1-13: %i voters asked for are %i calls; 0 is the default of 3, and one voter needs no judge",
    (voters, count) => {
      const { ids } = runWith({ voters });
      expect(ids).toHaveLength(count);
      expect(mode.worstCase(inputFor({ mode, settings: { voters } }).settings)).toHaveLength(count);
    },
  );

  test("iterations count the voters where voters are not stated", () => {
    expect(inputFor({ mode, settings: { rounds: 5 } }).settings).toMatchObject({ rounds: 0, voters: 5 });
  });

  test("voters begin together on models that differ; the judge comes when all have ended, routed for confidence", () => {
    const { calls } = runWith({ voters: 3 });
    expect(calls.map(({ spec }) => [spec.callId, spec.model.rank, spec.routingMode])).toEqual([
      ["vote.1", 0, "normal"],
      ["vote.2", 1, "normal"],
      ["vote.3", 2, "normal"],
      ["judge.1", 0, "high_confidence"],
    ]);
    expect(calls[3]?.spec).toMatchObject({
      carriesTools: false,
      carriesParameters: false,
      maxOutputTokens: 1_000,
    });
  });

  test("a model named as judge is no voter where there is a choice, one named as primary is the first voter", () => {
    const { calls } = runWith({
      primary: { modelId: "best", allowFallback: false, minWeight: 3 },
      review: { modelId: "wise", allowFallback: true, minWeight: null },
    });
    expect(calls.map(({ spec }) => spec.model)).toMatchObject([
      { modelId: "best", allowFallback: false, rank: 0 },
      { modelId: null, minWeight: 3, avoidModelIds: ["best", "wise"], rank: 0 },
      { modelId: null, minWeight: 3, avoidModelIds: ["best", "wise"], rank: 1 },
      { modelId: "wise" },
    ]);
  });
});

describe("the verdict", () => {
  test("S1d-21: the winner is counted from 0, the judge's reason is kept, the final answer is the winner's", () => {
    const { state } = runWith({}, { "judge.1": '{"winner": 2, "reason": "It is complete."}' });
    expect(successOf(state)).toMatchObject({
      text: "text of vote.2",
      callId: "vote.2",
      reason: "vote-orchestration",
    });
    expect(successOf(state).artefacts).toEqual({
      responses: [
        { model: "model-0", content: "text of vote.1", selected: false },
        { model: "model-1", content: "text of vote.2", selected: true },
        { model: "model-2", content: "text of vote.3", selected: false },
      ],
      selected: 1,
      judge: "judge-model",
      judge_reason: "It is complete.",
    });
  });

  test.each([
    ["fails", failed("provider_timeout"), null, "provider_timeout"],
    ["answers nonsense", "Purple.", "judge-model", "no winner"],
    ["answers nothing", "", "judge-model", "no winner"],
    ["names an answer that does not exist", "Winner: 9", "judge-model", "no winner"],
  ])("a judge that %s leaves the first answer, and the reason says so", (_, outcome, judge, words) => {
    const { state } = runWith({}, { "judge.1": outcome });
    expect(successOf(state)).toMatchObject({ text: "text of vote.1", reason: "vote-judge-failed" });
    expect(successOf(state).artefacts).toMatchObject({
      selected: 0,
      judge,
      judge_reason: expect.stringContaining(words) as string,
    });
  });

  test("a tie goes to the lowest number that is named, else to the first answer", () => {
    const named = runWith({}, { "judge.1": '{"winner": [3, 2], "reason": "equal"}' });
    expect(successOf(named.state).artefacts).toMatchObject({ selected: 1 });
    const none = runWith({}, { "judge.1": "They are equally good, none is better." });
    expect(successOf(none.state)).toMatchObject({ reason: "vote-orchestration", callId: "vote.1" });
  });
});

describe("voters that fail", () => {
  test("the judge is shown the answers there are, and numbers count among these", () => {
    const { calls, state } = runWith({}, { "vote.1": failed(), "judge.1": "2" });
    expect(calls.at(-1)?.spec.ask?.values).toEqual({
      "answers.1": { answerOf: "vote.2" },
      "answers.2": { answerOf: "vote.3" },
    });
    expect(successOf(state)).toMatchObject({ callId: "vote.3" });
    expect(successOf(state).artefacts).toMatchObject({ selected: 1, responses: [{}, { selected: true }] });
  });

  test("one answer alone needs no judge", () => {
    const { ids, state } = runWith({}, { "vote.1": failed(), "vote.3": "  " });
    expect(ids).toEqual(["vote.1", "vote.2", "vote.3"]);
    expect(successOf(state)).toMatchObject({ text: "text of vote.2", reason: "vote-single-response" });
    expect(successOf(state).artefacts).toEqual({
      responses: [{ model: "model-1", content: "text of vote.2", selected: true }],
      selected: 0,
      judge: null,
      judge_reason: null,
    });
  });

  test("when all fail, the run fails with the first voter's failure", () => {
    const { state } = runWith(
      {},
      { "vote.1": failed("provider_timeout"), "vote.2": failed(), "vote.3": failed() },
    );
    expect(failureOf(state)).toMatchObject({
      callId: "vote.1",
      failure: { code: "provider_timeout" },
      artefacts: { responses: [] },
    });
  });
});

test("an answer that asks for tools can win", () => {
  const toolCalls = [{ id: "c", type: "function", function: { name: "f", arguments: "{}" } }];
  const { state } = runWith({}, { "vote.2": answered("", { toolCalls }), "judge.1": "2" });
  expect(successOf(state)).toMatchObject({ toolCalls, callId: "vote.2" });
});

test("more than ten voters are refused", () => {
  const settings = { ...inputFor({ mode }).settings, voters: 11 };
  expect(mode.normalise(settings)).toMatchObject({ kind: "invalid", param: "iterations" });
});
