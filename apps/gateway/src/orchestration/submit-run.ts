import type { RunChangedFact, RunInput } from "@tokenhub/contracts";
import type { RunStore } from "@tokenhub/ledger";
import { newRunState } from "@tokenhub/orchestration";
import { queueUnavailable, type JobProducer } from "@tokenhub/queue";

export interface SubmitRunDeps {
  readonly runs: Pick<RunStore, "create">;
  readonly producer: Pick<JobProducer, "addOrchestrate">;
  /** Cancels the request that a run answers. */
  readonly cancel: (requestId: string) => void;
  readonly now: () => number;
}

/** A reconciler looks at a run that nobody has looked at for so long. */
const dueAfterMs = 10_000;
/** A run outlives the time it may take, for what is still under way then. */
const marginMs = 600_000;

/**
 * Stores a run and tells an orchestrator of it. Both are sent at once on one connection, so that the run is there first.
 * What Redis may have taken although its answer did not come is cancelled, because the caller is told to send it again.
 * @throws TokenHubError `queue_unavailable` when Redis did not take both.
 */
export async function submitRun(deps: SubmitRunDeps, input: RunInput): Promise<void> {
  const { runId, requestId, traceparent, acceptedAtMs, deadlineAtMs } = input;
  const state = newRunState();
  const fact: RunChangedFact = {
    v: 1,
    type: "run-changed",
    eventId: `${runId}.created`,
    occurredAtMs: acceptedAtMs,
    input,
    state,
  };
  try {
    await Promise.all([
      deps.runs.create({
        input,
        state,
        fact,
        dueAtMs: deps.now() + dueAfterMs,
        ttlMs: deadlineAtMs - acceptedAtMs + marginMs,
      }),
      deps.producer.addOrchestrate({ v: 1, runId, cause: "start", traceparent }),
    ]);
  } catch (error) {
    deps.cancel(requestId);
    throw queueUnavailable(error);
  }
}
