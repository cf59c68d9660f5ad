import { setTimeout as sleep } from "node:timers/promises";
import type { Caller } from "../../admission/caller.ts";
import { requireRun, type FindRunDeps, type FoundRun } from "../../orchestration/find-run.ts";

export interface CancelDeps extends FindRunDeps {
  /** Stops a run; a finished one stays as it is. */
  readonly cancelRun: (runId: string) => Promise<unknown>;
}

/** Orchestrators end a cancelled run at once; whoever is in the middle of an outage is not waited for. */
const patienceMs = 2_000;
const lookEveryMs = 25;

/**
 * Cancels a run and waits a moment for its end. A run that has ended is given as it is, so that cancelling may be repeated.
 * @throws TokenHubError `not_found`, `queue_unavailable`
 */
export async function cancelAndWait(
  deps: CancelDeps,
  { runId, caller }: { readonly runId: string; readonly caller: Caller },
): Promise<FoundRun> {
  let run = await requireRun(deps, { runId, caller });
  if (run.state.outcome !== null) return run;
  await deps.cancelRun(runId);
  const giveUpAtMs = performance.now() + patienceMs;
  while (run.state.outcome === null && performance.now() < giveUpAtMs) {
    await sleep(lookEveryMs);
    run = await requireRun(deps, { runId, caller });
  }
  return run;
}
