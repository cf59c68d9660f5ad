import type { RunCall, RunEvent, RunState } from "@tokenhub/contracts";
import {
  buildAnswer,
  buildRunCall,
  buildRunInput,
  buildRunState,
  runOutcomes,
} from "@tokenhub/persistence/testing";
import { describe, expect, test } from "vitest";
import { presentTimelineEntry } from "./present-timeline.ts";
import { timelineOf, type LoggedCall, type TimelineSources } from "./run-timeline.ts";

const acceptedAtMs = 1_000_000;

function callAt(
  callId: string,
  startMs: number,
  { endMs = null, ...call }: Partial<RunCall> & { endMs?: number | null } = {},
): RunCall {
  const outcome = endMs === null ? null : buildAnswer({ finishedAtMs: acceptedAtMs + endMs });
  return buildRunCall(callId, {
    startedAtMs: acceptedAtMs + startMs,
    requestId: `req_${callId}_${call.attempt ?? 1}`,
    outcome,
    ...call,
  });
}

/** The timeline in short: what happened when, in milliseconds from acceptance. */
function shortly(state: Partial<RunState>, sources: Partial<TimelineSources> = {}): string[] {
  const entries = timelineOf({
    input: buildRunInput(1, { acceptedAtMs }),
    state: buildRunState(state),
    events: [],
    logged: new Map(),
    nowMs: acceptedAtMs + 1_000,
    ...sources,
  });
  return entries.map((entry) => {
    const what =
      "call" in entry ? ` ${entry.call.spec.callId}` : entry.type === "wait" ? ` ${entry.durationMs}` : "";
    return `${entry.atMs - acceptedAtMs} ${entry.type}${what}`;
  });
}

describe("the timeline of a run", () => {
  test("tells acceptance, phases, the waits between them and the end, in the order in which they happened", () => {
    const decision: RunEvent = { type: "decision", atMs: acceptedAtMs + 310, decision: { accepted: true } };
    const state = {
      calls: [callAt("plan.1", 4, { endMs: 104 }), callAt("critique.1", 110, { endMs: 310 })],
      outcome: runOutcomes.succeeded,
      finishedAtMs: acceptedAtMs + 312,
    };
    expect(shortly(state, { events: [decision] })).toEqual([
      "0 accepted",
      "0 wait 4",
      "4 phase_started plan.1",
      "104 phase_finished plan.1",
      "104 wait 6",
      "110 phase_started critique.1",
      "310 phase_finished critique.1",
      "310 decision",
      "310 wait 2",
      "312 done",
    ]);
  });

  test("calls side by side leave no wait between them, whatever order they are kept in", () => {
    const calls = [
      callAt("vote.2", 0, { endMs: 50 }),
      callAt("vote.1", 0, { endMs: 200 }),
      callAt("judge.1", 200),
    ];
    for (const order of [calls, calls.toReversed()]) {
      expect(shortly({ calls: order }).filter((entry) => entry.includes("wait"))).toEqual([]);
    }
  });

  test("a run that is under way ends with what it is doing: a call that runs, or a wait until now", () => {
    expect(shortly({ calls: [callAt("plan.1", 0)] }).at(-1)).toBe("0 phase_started plan.1");
    expect(shortly({ calls: [callAt("plan.1", 0, { endMs: 400 })] }).at(-1)).toBe("400 wait 600");
    expect(shortly({ calls: [] })).toEqual(["0 accepted", "0 wait 1000"]);
  });

  test("a call that was under way when its run was cancelled has no end, and no wait comes after the end of the run", () => {
    const state = {
      calls: [callAt("plan.1", 0)],
      outcome: runOutcomes.cancelled,
      finishedAtMs: acceptedAtMs + 300,
    };
    expect(shortly(state)).toEqual(["0 accepted", "0 phase_started plan.1", "300 done"]);
  });

  test("a retried run tells both attempts, and the time in which nobody wanted it is no wait", () => {
    const failed = callAt("critique.1", 100, {
      outcome: {
        kind: "failed",
        failure: runOutcomes.failed.failure,
        modelId: "gpt-4",
        providerId: "openai",
        usage: null,
        costUsd: null,
        finishedAtMs: acceptedAtMs + 150,
      },
    });
    const state = {
      attempt: 2,
      pastCalls: [failed],
      calls: [callAt("plan.1", 0, { endMs: 100 }), callAt("critique.1", 800, { attempt: 2, endMs: 900 })],
      outcome: runOutcomes.succeeded,
      finishedAtMs: acceptedAtMs + 900,
    };
    const events: RunEvent[] = [
      { type: "done", atMs: acceptedAtMs + 155, outcome: runOutcomes.failed },
      { type: "decision", atMs: acceptedAtMs + 800, decision: { retry: 2, model: null } },
      { type: "done", atMs: acceptedAtMs + 900, outcome: runOutcomes.succeeded },
    ];
    const told = [
      "0 accepted",
      "0 phase_started plan.1",
      "100 phase_finished plan.1",
      "100 phase_started critique.1",
      "150 phase_finished critique.1",
      "150 wait 5",
      "155 done",
      "800 retried",
      "800 phase_started critique.1",
      "900 phase_finished critique.1",
      "900 done",
    ];
    expect(shortly(state, { events })).toEqual(told);
    // Its log is gone: the end of the first attempt is not known any more.
    expect(shortly(state)).toEqual(told.filter((entry) => entry !== "155 done" && entry !== "150 wait 5"));
  });

  test("a finished phase says which model took it, how long and what it cost, and why it was chosen", () => {
    const logged: LoggedCall = {
      requestId: "req_plan.1_1",
      strategy: "objective",
      routingMode: "planning",
      attemptCount: 2,
      reason: "objective/planning score=-0.1 of 3",
      callsMs: 90,
      durationMs: 100,
    };
    const state = buildRunState({ calls: [callAt("plan.1", 4, { endMs: 104 })] });
    const sources = {
      input: buildRunInput(1, { acceptedAtMs }),
      state,
      events: [],
      nowMs: acceptedAtMs + 104,
    };
    const finished = (known: ReadonlyMap<string, LoggedCall>) =>
      timelineOf({ ...sources, logged: known })
        .map((entry) => presentTimelineEntry(entry, { showsTexts: false }))
        .find(({ type }) => type === "phase_finished");
    expect(finished(new Map([[logged.requestId, logged]]))).toEqual({
      type: "phase_finished",
      at: new Date(acceptedAtMs + 104).toISOString(),
      at_ms: acceptedAtMs + 104,
      id: "plan.1",
      phase: "plan",
      role: "planner",
      attempt: 1,
      request_id: "req_plan.1_1",
      status: "succeeded",
      model: "gpt-4",
      provider: "openai",
      duration_ms: 100,
      input_tokens: 10,
      output_tokens: 20,
      cost_usd: 0.001,
      error: null,
      routing: { reason: logged.reason, strategy: "objective", mode: "planning", attempts: 2 },
      timings: { total_ms: 100, calls_ms: 90, other_ms: 10 },
    });
    expect(finished(new Map())).toMatchObject({ routing: null, timings: null });
  });

  test("decisions may quote answers, so they are for those who may read answers", () => {
    const entry = { type: "decision", atMs: 1, decision: { why: "the second one is shorter" } } as const;
    expect(presentTimelineEntry(entry, { showsTexts: true })).toMatchObject({ decision: entry.decision });
    expect(presentTimelineEntry(entry, { showsTexts: false })).toMatchObject({ decision: null });
  });
});
