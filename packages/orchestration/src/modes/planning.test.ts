import { expect, test } from "vitest";
import { answered, failed, failureOf, inputFor, modeNamed, runThrough, successOf } from "../test-runs.ts";

const mode = modeNamed("planning");
const run = { mode, input: inputFor({ mode, settings: { rounds: 5 } }) };

test("planning is one call, routed for planning, with the caller's tools and parameters and no ask of its own", () => {
  const { calls, state } = runThrough(run, () => answered("Just do it."));
  expect(calls.map(({ spec }) => spec)).toMatchObject([
    {
      callId: "plan.1",
      role: "planner",
      system: "plan.system",
      ask: null,
      carriesTools: true,
      carriesParameters: true,
      routingMode: "planning",
    },
  ]);
  expect(mode.worstCase(run.input.settings)).toHaveLength(1);
  expect(successOf(state)).toMatchObject({
    text: "Just do it.",
    reason: "planning-orchestration",
    artefacts: { plan: "Just do it.", assumptions: [], risks: [] },
  });
});

test("S1d-19: the answer's plan, assumptions and risks are read apart, the final text stays whole", () => {
  const text = "## Plan\n1. dig\n2. build\n\n## Assumptions\n- dry ground\n\n## Risks\n- rain\n- more rain";
  const { state } = runThrough(run, () => answered(text));
  expect(successOf(state).text).toBe(text);
  expect(successOf(state).artefacts).toEqual({
    plan: "1. dig\n2. build",
    assumptions: ["dry ground"],
    risks: ["rain", "more rain"],
  });
});

test("a failed or empty answer fails the run", () => {
  expect(failureOf(runThrough(run, () => failed()).state).failure.code).toBe("provider_error");
  expect(failureOf(runThrough(run, () => answered("")).state).failure.code).toBe("provider_bad_response");
});

test("an answer that asks for tools is the final one", () => {
  const toolCalls = [{ id: "c", type: "function", function: { name: "f", arguments: "{}" } }];
  const { state } = runThrough(run, () => answered("", { toolCalls }));
  expect(successOf(state)).toMatchObject({ toolCalls, artefacts: {} });
});
