import type { RunOutcome } from "@tokenhub/contracts";
import { outstandingCalls } from "@tokenhub/orchestration";
import { finalResultOf } from "./final-result.ts";
import type { LoadedRun } from "./loaded-run.ts";
import type { RunDeps } from "./run-deps.ts";

/**
 * Does what is left once a run has ended: stops calls that nobody waits for any more, stores the result for whoever asked,
 * and takes the run off the list of those to look at. May be done again: a stored result is never replaced. Whoever asked
 * was told of the first end; what a retry comes to stands in the run itself.
 */
export async function closeRun(
  deps: RunDeps,
  { input, state, version }: LoadedRun,
  outcome: RunOutcome,
): Promise<void> {
  await Promise.all(outstandingCalls(state).map(({ requestId }) => deps.cancelCall(requestId)));
  if (state.attempt === 1) await storeResult(deps, { input, state, version }, outcome);
  await deps.runs.settle(input.runId, { version });
}

async function storeResult(deps: RunDeps, { input, state }: LoadedRun, outcome: RunOutcome): Promise<void> {
  const { result, body, fact } = finalResultOf(input, state, outcome);
  await deps.ledger.commit({
    requestId: input.requestId,
    token: "",
    round: 0,
    providerId: null,
    frameCount: 0,
    resultJson: JSON.stringify(result),
    body,
    factJson: JSON.stringify(fact),
    incidentJson: "",
    replyTo: input.replyTo,
    health: { kind: "none" },
  });
}
