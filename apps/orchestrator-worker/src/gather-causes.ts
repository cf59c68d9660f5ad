import type { CallFailure, CallOutcome, RunCall } from "@tokenhub/contracts";
import { outstandingCalls } from "@tokenhub/orchestration";
import type { LoadedRun, RunCause } from "./loaded-run.ts";
import { readOutcomes } from "./read-outcomes.ts";
import type { RunDeps } from "./run-deps.ts";

/**
 * How long after its deadline a call without a result is given up. Whoever runs it ends it at its deadline, and who takes
 * over from a dead worker needs up to 15 s; later than this nobody is there.
 */
export const callGraceMs = 20_000;

/** What is true of a run now and may not be part of its state yet. */
export async function gatherCauses(deps: RunDeps, { input, state }: LoadedRun): Promise<RunCause[]> {
  const outstanding = outstandingCalls(state);
  const [outcomes, [cancelFlag]] = await Promise.all([
    readOutcomes(deps, outstanding),
    deps.redis.mget(deps.keyspace.cancelFlag(input.requestId)),
  ]);
  const nowMs = deps.now();
  const ended = outstanding.flatMap((call): RunCause[] => {
    const outcome = outcomes.get(call.requestId) ?? lostOutcome(call, nowMs);
    return outcome === null ? [] : [{ kind: "call_ended", requestId: call.requestId, outcome }];
  });
  const isCancelled = cancelFlag !== null && cancelFlag !== undefined;
  return [{ kind: "start" }, ...ended, ...(isCancelled ? [{ kind: "cancel" } as const] : [])];
}

const neverEnded: CallFailure = {
  class: "deadline",
  code: "deadline_exceeded",
  message: "The call did not end before its deadline.",
  providerStatus: null,
  providerMessage: null,
  providerCode: null,
  retryAfterMs: null,
};

/** The outcome of a call of which nothing was heard although its time is long over; null while there is hope. */
function lostOutcome({ deadlineAtMs }: RunCall, nowMs: number): CallOutcome | null {
  if (nowMs < deadlineAtMs + callGraceMs) return null;
  const nothing = { modelId: null, providerId: null, usage: null, costUsd: null } as const;
  return { kind: "failed", failure: neverEnded, ...nothing, finishedAtMs: deadlineAtMs + callGraceMs };
}
