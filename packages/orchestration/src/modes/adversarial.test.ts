import type { CallOutcome, RunSettings } from "@tokenhub/contracts";
import { describe, expect, test } from "vitest";
import { answered, failed, failureOf, inputFor, modeNamed, runThrough, successOf } from "../test-runs.ts";

const mode = modeNamed("adversarial");
const acceptance = "## Attacks\n- none\nVerdict: accepted";
const critique = "## Attacks\n- too slow\n## Cheap wins\n- a cache\nVerdict: revise";

/** Planners on model-a, critics on model-b; texts say which call they are of, unless `texts` says otherwise. */
function runWith(settings: Partial<RunSettings>, texts: Readonly<Record<string, string | CallOutcome>> = {}) {
  return runThrough({ input: inputFor({ mode, settings }), mode }, ({ spec }) => {
    const text = texts[spec.callId] ?? `text of ${spec.callId}`;
    if (typeof text !== "string") return text;
    return spec.role === "critic"
      ? answered(text, { modelId: "model-b", providerId: "provider-b" })
      : answered(text);
  });
}

describe("the calls of a run", () => {
  test("S0-9, S2-10, S2-11, S3-26, S3-27, S3-28: one round is a plan, a critique of it and a refinement by the planner", () => {
    const { ids, state, calls } = runWith({});
    expect(ids).toEqual(["plan.1", "critique.1", "refine.1"]);
    expect(calls.map(({ spec }) => spec.role)).toEqual(["planner", "critic", "planner"]);
    expect(calls.map(({ spec }) => spec.routingMode)).toEqual(["planning", "adversarial", "planning"]);
    expect(successOf(state)).toMatchObject({
      text: "text of refine.1",
      callId: "refine.1",
      reason: "adversarial-orchestration",
    });
  });

  test.each([
    [0, 3],
    [1, 3],
    [2, 5],
    [10, 21],
  ])("S0-31, S2-13, S1-12: %i rounds asked for are %i calls, 0 being the default of 1", (rounds, count) => {
    const { ids } = runWith({ rounds });
    expect(ids).toHaveLength(count);
    expect(mode.worstCase(inputFor({ mode, settings: { rounds } }).settings)).toHaveLength(count);
  });

  test("each round criticises the latest plan and refines it by that critique", () => {
    const { calls } = runWith({ rounds: 2 });
    const asks = calls.map(({ spec }) => spec.ask?.values);
    expect(asks).toEqual([
      undefined,
      { plan: { answerOf: "plan.1" } },
      { plan: { answerOf: "plan.1" }, critique: { answerOf: "critique.1" } },
      { plan: { answerOf: "refine.1" } },
      { plan: { answerOf: "refine.1" }, critique: { answerOf: "critique.2" } },
    ]);
  });

  test("S0-10, S2-12: without refinement there is a plan and one critique, whatever the rounds, and the plan is the answer", () => {
    const { ids, state } = runWith({ refines: false, rounds: 3 });
    expect(ids).toEqual(["plan.1", "critique.1"]);
    expect(successOf(state)).toMatchObject({ text: "text of plan.1", callId: "plan.1" });
    expect(successOf(state).artefacts).toMatchObject({ critique: "text of critique.1", refined_plan: null });
  });

  test("S1d-22: plan only is one call, and its artefacts are the plan alone", () => {
    const { ids, state } = runWith({ planOnly: true, rounds: 4 });
    expect(ids).toEqual(["plan.1"]);
    expect(successOf(state)).toMatchObject({
      reason: "adversarial-plan-only",
      artefacts: { initial_plan: "text of plan.1" },
    });
  });

  test("a critique that accepts ends the run with the latest plan when that is asked for, and only then", () => {
    const texts = { "critique.2": acceptance };
    const early = runWith({ rounds: 3, stopsWhenAccepted: true }, texts);
    expect(early.ids).toEqual(["plan.1", "critique.1", "refine.1", "critique.2"]);
    expect(successOf(early.state)).toMatchObject({ callId: "refine.1", text: "text of refine.1" });
    expect(successOf(early.state).artefacts).toMatchObject({ accepted_round: 2 });
    const whole = runWith({ rounds: 3 }, texts);
    expect(whole.ids).toHaveLength(7);
    expect(successOf(whole.state).artefacts).toMatchObject({ accepted_round: null });
  });
});

describe("the models", () => {
  test("S4-12: the critic avoids the planner's model and provider, the refiner is the planner's model", () => {
    const { calls } = runWith({});
    const [plan, critic, refine] = calls.map(({ spec }) => spec.model);
    expect(plan).toMatchObject({ modelId: null, avoidModelIds: [] });
    expect(critic).toMatchObject({
      modelId: null,
      avoidModelIds: ["model-a"],
      avoidProviderIds: ["provider-a"],
    });
    expect(refine).toMatchObject({ modelId: "model-a", allowFallback: true });
  });

  test("S0-28, S0-29: named models are asked for as they were named, and fall back only where that is allowed", () => {
    const { calls } = runWith({
      primary: { modelId: "mock-gpt-4", allowFallback: false, minWeight: null },
      review: { modelId: "mock-gpt-3.5", allowFallback: true, minWeight: 2 },
    });
    const [plan, critic, refine] = calls.map(({ spec }) => spec.model);
    expect(plan).toMatchObject({
      modelId: "mock-gpt-4",
      allowFallback: false,
      avoidModelIds: ["mock-gpt-3.5"],
    });
    expect(critic).toMatchObject({ modelId: "mock-gpt-3.5", allowFallback: true, minWeight: 2 });
    expect(refine).toMatchObject({ modelId: "mock-gpt-4", allowFallback: false });
  });

  test("S1d-14: weight floors reach the calls of their role", () => {
    const { calls } = runWith({
      primary: { modelId: null, allowFallback: true, minWeight: 7 },
      review: { modelId: null, allowFallback: true, minWeight: 9 },
    });
    expect(calls.map(({ spec }) => spec.model.minWeight)).toEqual([7, 9, 7]);
  });

  test("the caller's tools and parameters reach planner and refiner, not the critic, which has a limit of its own", () => {
    const { calls } = runWith({});
    expect(calls.map(({ spec }) => [spec.carriesTools, spec.carriesParameters])).toEqual([
      [true, true],
      [false, false],
      [true, true],
    ]);
    expect(calls.map(({ spec }) => spec.maxOutputTokens)).toEqual([null, 2_000, null]);
  });

  test("limits and temperatures by phase take the place of the caller's", () => {
    const { calls } = runWith({
      options: { max_tokens: { plan: 1000, critique: 1000, refine: 1500 }, temperature: { critique: 0.7 } },
    });
    expect(calls.map(({ spec }) => spec.maxOutputTokens)).toEqual([1000, 1000, 1500]);
    expect(calls.map(({ spec }) => spec.temperature)).toEqual([null, 0.7, null]);
  });
});

describe("what a run shows", () => {
  test("S3-29, S0-32, S4-15, S4-16, S4-17, S1d-20: the first plan, every critique, every refinement and the latest of each", () => {
    const { state } = runWith({ rounds: 2 }, { "critique.2": critique });
    expect(successOf(state).artefacts).toEqual({
      initial_plan: "text of plan.1",
      critique,
      critiques: ["text of critique.1", critique],
      refined_plan: "text of refine.2",
      refinements: ["text of refine.1", "text of refine.2"],
      accepted_round: null,
      planner_sections: { plan: "text of refine.2", assumptions: [], risks: [] },
      critique_sections: {
        attacks: ["too slow"],
        improvements: [],
        missing_constraints: [],
        cheap_wins: ["a cache"],
      },
    });
  });

  test("S1d-19: sections of plan and critique are read, and text without any stays whole", () => {
    const { state } = runWith(
      {},
      { "refine.1": "## Plan\nDo it.\n## Assumptions\n- money\n## Risks\n- time", "critique.1": "I refuse." },
    );
    expect(successOf(state).artefacts).toMatchObject({
      planner_sections: { plan: "Do it.", assumptions: ["money"], risks: ["time"] },
      critique: "I refuse.",
      critique_sections: null,
    });
  });
});

describe("what goes wrong", () => {
  test("a plan that fails fails the run with the same failure and nothing to show", () => {
    const { state } = runWith({}, { "plan.1": failed("provider_timeout") });
    expect(failureOf(state)).toMatchObject({
      callId: "plan.1",
      failure: { code: "provider_timeout" },
      artefacts: {},
    });
  });

  test("an empty plan fails the run with provider_bad_response", () => {
    const { state, ids } = runWith({}, { "plan.1": " \n" });
    expect(ids).toEqual(["plan.1"]);
    expect(failureOf(state).failure.code).toBe("provider_bad_response");
  });

  test("a critique that fails fails the run, and the plan that was paid for is still shown", () => {
    const { state } = runWith({}, { "critique.1": failed() });
    expect(failureOf(state)).toMatchObject({
      callId: "critique.1",
      failure: { code: "provider_error" },
      artefacts: { initial_plan: "text of plan.1", critique: null, critiques: [], refined_plan: null },
    });
  });

  test("a refinement that fails fails the run, and plan and critique are still shown", () => {
    const { state } = runWith({ rounds: 2 }, { "refine.2": failed() });
    expect(failureOf(state)).toMatchObject({
      callId: "refine.2",
      artefacts: {
        refinements: ["text of refine.1"],
        critiques: ["text of critique.1", "text of critique.2"],
      },
    });
  });

  test.each(["I cannot help with that.", "%%% 42 %%%", ""])(
    "a critic that refuses or talks nonsense is taken at its word: %j",
    (text) => {
      const { state, ids } = runWith({ stopsWhenAccepted: true }, { "critique.1": text });
      expect(ids).toEqual(["plan.1", "critique.1", "refine.1"]);
      expect(successOf(state).artefacts).toMatchObject({ critique: text, accepted_round: null });
    },
  );

  test("an answer that asks for the caller's tools ends the run with it, for only the caller can run them", () => {
    const toolCalls = [{ id: "call_1", type: "function", function: { name: "look_up", arguments: "{}" } }];
    const { state, ids } = runWith({}, { "plan.1": answered("", { toolCalls, finishReason: "tool_calls" }) });
    expect(ids).toEqual(["plan.1"]);
    expect(successOf(state)).toMatchObject({ toolCalls, callId: "plan.1", reason: "adversarial-tool-calls" });
  });
});

test.each([
  [{ rounds: 11 }, "iterations"],
  [{ rounds: 1.5 }, "iterations"],
  [{ rounds: -1 }, "iterations"],
  [{ options: { max_tokens: 5 } }, "options.max_tokens"],
  [{ options: { max_tokens: { plan: 0 } } }, "options.max_tokens.plan"],
  [{ options: { max_tokens: { vote: 5 } } }, "options.max_tokens.vote"],
  [{ options: { temperature: { plan: 3 } } }, "options.temperature.plan"],
])("S1d-18: settings out of range are refused with their name: %j", (stated, param) => {
  const settings = { ...inputFor({ mode }).settings, ...stated };
  expect(mode.normalise(settings)).toMatchObject({ kind: "invalid", param });
});

test("settings that are normalised stay as they are", () => {
  const { settings } = inputFor({ mode, settings: { rounds: 10 } });
  expect(mode.normalise(settings)).toEqual({ kind: "ok", settings });
});
