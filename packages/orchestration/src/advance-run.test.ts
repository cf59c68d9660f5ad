import { runEventSchema, runStateSchema, type RunCall, type RunState } from "@tokenhub/contracts";
import { describe, expect, test } from "vitest";
import { advanceRun, interruptedRepeatsMax } from "./advance-run.ts";
import { draftCall } from "./draft-call.ts";
import { anyModel } from "./default-settings.ts";
import type { RunMode, RunStep } from "./run-mode.ts";
import { newRunState } from "./run-state.ts";
import {
  answered,
  ended,
  failed,
  failureOf,
  inputFor,
  look,
  modeNamed,
  runThrough,
  successOf,
  testNowMs,
  testRequestId,
  type TestRun,
} from "./test-runs.ts";

const adversarial = modeNamed("adversarial");
const vote = modeNamed("vote");
const refine = modeNamed("refine");

function runOf(mode: RunMode, stated: Partial<Parameters<typeof inputFor>[0]> = {}): TestRun {
  return { mode, input: inputFor({ mode, ...stated }) };
}

function callOf(state: RunState, callId: string): RunCall {
  const call = state.calls.find(({ spec }) => spec.callId === callId);
  if (call === undefined) throw new Error(`There is no call ${callId}.`);
  return call;
}

/** A run of three voters after its start. */
function startedVote(stated: Partial<Parameters<typeof inputFor>[0]> = {}) {
  const run = runOf(vote, stated);
  const { state } = look(run, newRunState(), { kind: "start" });
  return { run, state };
}

describe("a run moves", () => {
  test("a start submits the first calls, each with its id, attempt, start and deadline", () => {
    const run = runOf(vote);
    const { state, submit, events, cancel, isChanged } = look(run, newRunState(), { kind: "start" });
    expect(submit).toEqual(state.calls);
    expect(
      submit.map(({ requestId, attempt, startedAtMs, deadlineAtMs }) => [
        requestId,
        attempt,
        startedAtMs,
        deadlineAtMs,
      ]),
    ).toEqual(["vote.1/1", "vote.2/1", "vote.3/1"].map((id) => [id, 1, testNowMs, testNowMs + 60_000]));
    expect(events.map(({ type }) => type)).toEqual(["phase_started", "phase_started", "phase_started"]);
    expect({ cancel, isChanged }).toEqual({ cancel: [], isChanged: true });
  });

  test("a call's deadline is never later than the run's", () => {
    const run = runOf(vote, { deadlineAtMs: testNowMs + 1_000 });
    expect(look(run, newRunState(), { kind: "start" }).submit[0]?.deadlineAtMs).toBe(testNowMs + 1_000);
  });

  test("events tell of the ends, of what was decided and of the end of all, in a form that can be stored", () => {
    const { run, state } = startedVote();
    const [a, b, c] = state.calls;
    if (a === undefined || b === undefined || c === undefined) throw new Error("voters are missing");
    const judged = look(run, state, ended(a, answered("x")), ended(b, answered("y")), ended(c, failed()));
    expect(judged.events.map(({ type }) => type)).toEqual([
      "phase_finished",
      "phase_finished",
      "phase_finished",
      "phase_started",
    ]);
    const done = look(run, judged.state, ended(callOf(judged.state, "judge.1"), answered("2")));
    expect(done.events.map(({ type }) => type)).toEqual(["phase_finished", "decision", "done"]);
    expect(done.events[1]).toMatchObject({ decision: { selected: 1, judge: "model-a" } });
    for (const event of [...judged.events, ...done.events])
      expect(() => runEventSchema.parse(event)).not.toThrow();
    expect(runStateSchema.parse(JSON.parse(JSON.stringify(done.state)))).toEqual(done.state);
    expect(done.state.finishedAtMs).toBe(testNowMs);
  });

  test("a second start, unknown and old request ids, and repeated outcomes change nothing", () => {
    const { run, state } = startedVote();
    const [first] = state.calls;
    if (first === undefined) throw new Error("there is no voter");
    const { state: next } = look(run, state, ended(first, answered("x")));
    for (const event of [
      { kind: "start" } as const,
      ended(first, answered("something else")),
      { kind: "call_ended", requestId: "req_unknown", outcome: answered("x") } as const,
      { kind: "retry", modelId: null } as const,
    ])
      expect(look(run, next, event)).toEqual({
        state: next,
        events: [],
        submit: [],
        cancel: [],
        isChanged: false,
      });
  });
});

describe("a call whose stream broke off", () => {
  test("begins again under an id of its own; the others and what was paid for stay", () => {
    const { run, state } = startedVote();
    const broken = look(run, state, ended(callOf(state, "vote.2"), failed("stream_interrupted")));
    expect(broken.submit.map(({ requestId, spec }) => [requestId, spec])).toEqual([
      ["vote.2/2", callOf(state, "vote.2").spec],
    ]);
    expect(broken.events.map(({ type }) => type)).toEqual(["phase_finished", "phase_started"]);
    expect(broken.state.pastCalls.map(({ requestId }) => requestId)).toEqual(["vote.2/1"]);
    expect(broken.state.calls.filter(({ outcome }) => outcome === null)).toHaveLength(3);
  });

  test("is not repeated for ever", () => {
    const { state, ids } = runThrough(runOf(adversarial), () => failed("stream_interrupted"));
    expect(ids).toEqual(Array.from({ length: 1 + interruptedRepeatsMax }, () => "plan.1"));
    expect(failureOf(state)).toMatchObject({ callId: "plan.1", failure: { code: "stream_interrupted" } });
  });
});

describe("money and time", () => {
  test("a run whose known cost has reached its limit fails before its next call, and what was paid for stays", () => {
    const { state, ids } = runThrough(runOf(adversarial, { maxCostUsd: 0.002 }), ({ spec }) =>
      answered(`text of ${spec.callId}`),
    );
    expect(ids).toEqual(["plan.1", "critique.1"]);
    expect(failureOf(state)).toMatchObject({
      callId: null,
      failure: { code: "budget_exceeded", class: "bad_request" },
      artefacts: { initial_plan: "text of plan.1", critique: "text of critique.1" },
    });
  });

  test("a run that has cost nothing goes on, whatever its limit; unknown costs count nothing", () => {
    const outcome = (costUsd: number | null) => () => answered("x", { costUsd });
    for (const costUsd of [0, null])
      expect(runThrough(runOf(adversarial, { maxCostUsd: 0 }), outcome(costUsd)).ids).toHaveLength(3);
  });

  test("a limit that is reached by the last call harms nobody", () => {
    const { state } = runThrough(runOf(adversarial, { maxCostUsd: 0.003 }), () => answered("x"));
    expect(state.outcome?.kind).toBe("succeeded");
  });

  test("a run past its deadline begins no call", () => {
    const run = runOf(adversarial, { deadlineAtMs: testNowMs });
    const { state, submit } = look(run, newRunState(), { kind: "start" });
    expect(submit).toEqual([]);
    expect(failureOf(state).failure).toMatchObject({ code: "deadline_exceeded", class: "deadline" });
  });
});

describe("cancelling", () => {
  test("a cancel ends the run, names the calls to be stopped each time it is asked, and begins nothing", () => {
    const { run, state } = startedVote();
    const [first] = state.calls;
    if (first === undefined) throw new Error("there is no voter");
    const { state: one } = look(run, state, ended(first, answered("x")));
    const cancelled = look(run, one, { kind: "cancel" });
    expect(cancelled.state.outcome).toEqual({
      kind: "cancelled",
      artefacts: { responses: [{ model: "model-a", content: "x" }] },
    });
    expect(cancelled.cancel).toEqual(["vote.2/1", "vote.3/1"]);
    expect(cancelled.submit).toEqual([]);
    const again = look(run, cancelled.state, { kind: "cancel" });
    expect(again).toMatchObject({ isChanged: false, events: [], cancel: ["vote.2/1", "vote.3/1"] });
  });

  test("an outcome that comes with the cancel is taken in, whichever is named first", () => {
    const { run, state } = startedVote();
    const [first] = state.calls;
    if (first === undefined) throw new Error("there is no voter");
    const events = [{ kind: "cancel" } as const, ended(first, answered("x"))];
    const before = look(run, state, ...events);
    const after = look(run, state, ...events.toReversed());
    expect(before).toEqual(after);
    expect(before.state.outcome?.kind).toBe("cancelled");
    expect(callOf(before.state, "vote.1").outcome?.kind).toBe("answered");
  });

  test("an outcome that comes after the end is kept with its call, and nobody is told of it any more", () => {
    const { run, state } = startedVote();
    const { state: over } = look(run, state, { kind: "cancel" });
    const late = look(run, over, ended(callOf(over, "vote.2"), answered("late")));
    expect(late).toMatchObject({ isChanged: true, events: [], submit: [], cancel: ["vote.1/1", "vote.3/1"] });
    expect(late.state.outcome).toEqual(over.outcome);
    expect(callOf(late.state, "vote.2").outcome).toMatchObject({ text: "late" });
  });
});

describe("retrying", () => {
  test("a failed run goes on from the call that failed, whose next attempt has an id of its own; answers are kept", () => {
    const run = runOf(adversarial);
    const { state: over } = runThrough(run, ({ spec }) =>
      spec.callId === "critique.1" ? failed() : answered(`text of ${spec.callId}`),
    );
    const { state, submit, events } = look(run, over, { kind: "retry", modelId: null });
    expect(submit.map(({ requestId, attempt }) => [requestId, attempt])).toEqual([["critique.1/2", 2]]);
    expect(state).toMatchObject({ attempt: 2, outcome: null, finishedAtMs: null });
    expect(state.calls.map(({ spec }) => spec.callId)).toEqual(["plan.1", "critique.1"]);
    expect(state.pastCalls.map(({ requestId }) => requestId)).toEqual(["critique.1/1"]);
    expect(events.map(({ type }) => type)).toEqual(["decision", "phase_started"]);
    expect(submit[0]?.spec.model).toMatchObject({ modelId: null });
  });

  test("a model named for the retry takes the failed calls, without fallback, and no others", () => {
    const run = runOf(adversarial);
    const { state: over } = runThrough(run, ({ spec }) =>
      spec.callId === "plan.1" ? failed() : answered("x"),
    );
    const { state, submit } = look(run, over, { kind: "retry", modelId: "another" });
    expect(submit.map(({ spec }) => spec.model)).toMatchObject([
      { modelId: "another", allowFallback: false },
    ]);
    const next = look(run, state, ended(callOf(state, "plan.1"), answered("x")));
    expect(next.submit.map(({ spec }) => spec.model.modelId)).toEqual([null]);
  });

  test("a cancelled run asks again for what was under way, not for what was answered before or meanwhile", () => {
    const { run, state } = startedVote();
    const { state: over } = look(
      run,
      state,
      ended(callOf(state, "vote.1"), answered("x")),
      ended(callOf(state, "vote.2"), failed()),
      { kind: "cancel" },
    );
    const { state: again, submit } = look(run, over, { kind: "retry", modelId: null });
    expect(submit.map(({ requestId }) => requestId)).toEqual(["vote.2/2", "vote.3/2"]);
    expect(again.pastCalls.map(({ outcome }) => outcome?.kind)).toEqual(["failed", "failed"]);
    const meanwhile = look(
      run,
      over,
      { kind: "retry", modelId: null },
      ended(callOf(over, "vote.3"), answered("z")),
    );
    expect(meanwhile.submit.map(({ requestId }) => requestId)).toEqual(["vote.2/2"]);
  });

  test("calls of a retry have their own time, however long the run's is over", () => {
    const run = runOf(adversarial);
    const { state: over } = runThrough(run, () => failed());
    const nowMs = run.input.deadlineAtMs + 5_000;
    const { submit } = advanceRun({
      ...run,
      state: over,
      events: [{ kind: "retry", modelId: null }],
      nowMs,
      callRequestId: testRequestId,
    });
    expect(submit[0]).toMatchObject({ startedAtMs: nowMs, deadlineAtMs: nowMs + 60_000 });
  });

  test("a second retry counts on; old attempts stay in the books; a succeeded run is not retried", () => {
    const run = runOf(refine);
    let { state } = runThrough(run, () => failed());
    for (const attempt of [2, 3]) {
      const retried = look(run, state, { kind: "retry", modelId: null });
      expect(retried.submit.map(({ requestId }) => requestId)).toEqual([`answer.1/${attempt}`]);
      state = look(run, retried.state, ended(callOf(retried.state, "answer.1"), failed())).state;
    }
    expect(state.pastCalls).toHaveLength(2);
    const success = runThrough(run, () => answered("x"));
    expect(look(run, success.state, { kind: "retry", modelId: null })).toMatchObject({
      isChanged: false,
      state: success.state,
    });
  });

  test("a run that was out of money is still out of money", () => {
    const run = runOf(adversarial, { maxCostUsd: 0.001 });
    const { state: over } = runThrough(run, () => answered("x"));
    const { state, submit } = look(run, over, { kind: "retry", modelId: null });
    expect(submit).toEqual([]);
    expect(failureOf(state).failure.code).toBe("budget_exceeded");
  });
});

describe("a mode of the operator's own that is at fault ends its run with a word about it", () => {
  const call = draftCall({ callId: "step.1", role: "writer", model: anyModel });
  const broken = (next: () => unknown, worstCase = 1): TestRun => {
    const mode: RunMode = {
      name: "broken",
      version: 1,
      description: "",
      phases: [{ name: "step", role: "writer", description: "" }],
      templates: {},
      normalise: (settings) => ({ kind: "ok", settings }),
      worstCase: () =>
        Array.from({ length: worstCase }, () => ({
          callId: "step.1",
          phase: "step",
          role: "writer",
          reads: [],
          templates: [],
          maxOutputTokens: null,
        })),
      next: next as () => RunStep,
    };
    return { mode, input: inputFor({ mode }) };
  };
  const finish = { kind: "finish", callId: "step.1", reason: "fine", artefacts: {} } as const;

  test.each<[string, () => unknown]>([
    [
      "it threw an error",
      () => {
        throw new Error("secret");
      },
    ],
    ["it gave no step", () => undefined],
    ["it gave no step", () => ({ kind: "dance" })],
    ["it waits while no call is under way", () => ({ kind: "wait" })],
    ["it asks for no new call", () => ({ kind: "calls", calls: [] })],
    ["it gave no list of calls", () => ({ kind: "calls" })],
    ["malformed at", () => ({ kind: "calls", calls: [null] })],
    ["malformed at `callId`", () => ({ kind: "calls", calls: [{ ...call, callId: "Step" }] })],
    ["unknown template `x`", () => ({ kind: "calls", calls: [{ ...call, system: "x" }] })],
    [
      "more calls than its worst case",
      () => ({ kind: "calls", calls: [call, { ...call, callId: "step.2" }] }),
    ],
    ["has no answer", () => finish],
  ])("%s", (words, next) => {
    const { state, submit } = look(broken(next), newRunState(), { kind: "start" });
    expect(submit).toEqual([]);
    expect(failureOf(state).failure).toMatchObject({ code: "internal_error", class: "fatal" });
    expect(failureOf(state).failure.message).toContain(words);
    expect(failureOf(state).failure.message).not.toContain("secret");
  });

  test.each<[string, object]>([
    ["malformed at `artefacts", { artefacts: { at: undefined } }],
    ["decision", { decision: { at: () => 1 } }],
    ["reason", { reason: "zwei\nZeilen" }],
  ])("an end that cannot be stored: %s", (words, wrong) => {
    let isFirst = true;
    const run = broken(() => {
      const step = isFirst ? { kind: "calls", calls: [call] } : { ...finish, ...wrong };
      isFirst = false;
      return step;
    });
    const { state } = runThrough(run, () => answered("x"));
    expect(failureOf(state).failure.message).toContain(words);
  });

  test("calls that a mode no longer needs at its end are stopped", () => {
    const calls = [call, { ...call, callId: "step.2" }];
    const run: TestRun = broken(() => ({ kind: "calls", calls }), 2);
    const first = look(run, newRunState(), { kind: "start" });
    const impatient: TestRun = { ...run, mode: { ...run.mode, next: () => finish } };
    const { state, cancel } = look(
      impatient,
      first.state,
      ended(callOf(first.state, "step.1"), answered("x")),
    );
    expect(successOf(state).text).toBe("x");
    expect(cancel).toEqual(["step.2/1"]);
  });
});
