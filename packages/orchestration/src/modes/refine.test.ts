import type { CallOutcome, RunSettings } from "@tokenhub/contracts";
import { expect, test } from "vitest";
import { answered, failed, failureOf, inputFor, modeNamed, runThrough, successOf } from "../test-runs.ts";

const mode = modeNamed("refine");

function runWith(settings: Partial<RunSettings>, texts: Readonly<Record<string, string | CallOutcome>> = {}) {
  return runThrough({ input: inputFor({ mode, settings }), mode }, ({ spec }) => {
    const text = texts[spec.callId] ?? `text of ${spec.callId}`;
    return typeof text === "string" ? answered(text) : text;
  });
}

test.each([
  [0, 3],
  [1, 2],
  [2, 3],
  [3, 4],
  [10, 11],
])("S1-14: %i rounds asked for are %i calls, 0 being the default of 2", (rounds, count) => {
  const { ids } = runWith({ rounds });
  expect(ids).toEqual([
    "answer.1",
    ...Array.from({ length: count - 1 }, (_, index) => `improve.${index + 1}`),
  ]);
  expect(mode.worstCase(inputFor({ mode, settings: { rounds } }).settings)).toHaveLength(count);
});

test("the first answer is routed for confidence, each improvement asks the same model to rewrite the latest answer", () => {
  const { calls, state } = runWith({ rounds: 2 });
  expect(calls.map(({ spec }) => spec.routingMode)).toEqual(["high_confidence", "planning", "planning"]);
  expect(calls.map(({ spec }) => spec.model.modelId)).toEqual([null, "model-a", "model-a"]);
  expect(calls[1]?.spec.model.allowFallback).toBe(true);
  expect(calls.map(({ spec }) => spec.ask?.values)).toEqual([
    undefined,
    { answer: { answerOf: "answer.1" } },
    { answer: { answerOf: "improve.1" } },
  ]);
  expect(successOf(state)).toMatchObject({ callId: "improve.2", reason: "refine-orchestration" });
  expect(successOf(state).artefacts).toEqual({
    refined_response: "text of improve.2",
    iterations: 2,
    model: "model-a",
    rounds: [
      { round: 0, content: "text of answer.1", model: "model-a" },
      { round: 1, content: "text of improve.1", model: "model-a" },
      { round: 2, content: "text of improve.2", model: "model-a" },
    ],
    kept_round: 2,
  });
});

test.each([
  ["failed", failed("provider_timeout"), "provider_timeout"],
  ["empty", answered(""), "provider_bad_response"],
])("a round that %s ends the run with the best answer so far", (_, outcome, code) => {
  const { ids, state } = runWith({ rounds: 4 }, { "improve.2": outcome });
  expect(ids).toEqual(["answer.1", "improve.1", "improve.2"]);
  expect(successOf(state)).toMatchObject({ text: "text of improve.1", callId: "improve.1" });
  expect(successOf(state).artefacts).toMatchObject({
    refined_response: "text of improve.1",
    iterations: 4,
    kept_round: 1,
    rounds: [{ round: 0 }, { round: 1 }, { round: 2, error: { code } }],
  });
});

test("a model that finds nothing left to improve ends the run when that is asked for, and only then", () => {
  const texts = { "improve.2": "Nothing left." };
  const early = runWith({ rounds: 4, stopsWhenAccepted: true }, texts);
  expect(early.ids).toEqual(["answer.1", "improve.1", "improve.2"]);
  expect(early.calls[1]?.spec.ask?.template).toBe("improve.ask_or_stop");
  expect(successOf(early.state)).toMatchObject({ text: "text of improve.1", callId: "improve.1" });
  expect(successOf(early.state).artefacts).toMatchObject({ kept_round: 1 });
  expect(runWith({ rounds: 4 }, texts).ids).toHaveLength(5);
});

test("a first answer that fails or is empty fails the run", () => {
  expect(failureOf(runWith({}, { "answer.1": failed() }).state)).toMatchObject({
    callId: "answer.1",
    failure: { code: "provider_error" },
  });
  expect(failureOf(runWith({}, { "answer.1": "" }).state).failure.code).toBe("provider_bad_response");
});

test("an answer that asks for the caller's tools ends the run with it", () => {
  const toolCalls = [{ id: "c", type: "function", function: { name: "f", arguments: "{}" } }];
  const first = runWith({}, { "answer.1": answered("", { toolCalls }) });
  expect(first.ids).toEqual(["answer.1"]);
  expect(successOf(first.state)).toMatchObject({ toolCalls, reason: "refine-tool-calls" });
  const later = runWith({}, { "improve.1": answered("", { toolCalls }) });
  expect(later.ids).toEqual(["answer.1", "improve.1"]);
  expect(successOf(later.state)).toMatchObject({ toolCalls, callId: "improve.1" });
});

test("a named model that may not be replaced is named in every round", () => {
  const primary = { modelId: "an-alias", allowFallback: false, minWeight: null };
  const { calls } = runWith({ rounds: 1, primary });
  expect(calls.map(({ spec }) => spec.model)).toMatchObject([
    { modelId: "an-alias", allowFallback: false },
    { modelId: "an-alias", allowFallback: false },
  ]);
});

test("rounds out of range are refused", () => {
  const settings = { ...inputFor({ mode }).settings, rounds: 11 };
  expect(mode.normalise(settings)).toMatchObject({ kind: "invalid", param: "iterations" });
});
