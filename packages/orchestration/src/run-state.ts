import type { RunCall, RunState } from "@tokenhub/contracts";

/** What a run is created with. */
export function newRunState(): RunState {
  return { v: 1, attempt: 1, calls: [], pastCalls: [], outcome: null, finishedAtMs: null };
}

export type RunStatus = "running" | "succeeded" | "failed" | "cancelled";

export function statusOf(state: Pick<RunState, "outcome">): RunStatus {
  return state.outcome?.kind ?? "running";
}

/** The calls that nobody has heard of yet. */
export function outstandingCalls(state: Pick<RunState, "calls">): RunCall[] {
  return state.calls.filter(({ outcome }) => outcome === null);
}
