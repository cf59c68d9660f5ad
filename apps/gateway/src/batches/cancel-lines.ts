import { createBatchLines, type Database, type StoredBatch } from "@tokenhub/persistence";
import { setImmediate as nextTurn } from "node:timers/promises";

export interface CancelLinesDeps {
  readonly db: Database["db"];
  /** Ends a job that has not ended, or asks for its end. */
  readonly cancelJob: (jobId: string, scope: { readonly tenantId: string }) => Promise<unknown>;
  readonly now: () => number;
  readonly onError: (error: unknown) => void;
}

const cancelledAtOnce = 500;
/** A running job that has not ended so long after its cancellation is told again. */
const unheardAfterMs = 5_000;

/**
 * Cancels the jobs of a batch that have not ended.
 * @returns false: it is looked at again when the timer says so, or jobs have ended.
 */
export async function cancelLines(deps: CancelLinesDeps, batch: StoredBatch): Promise<false> {
  const { db, cancelJob, now, onError } = deps;
  const lines = createBatchLines(db);
  const cancelledBeforeMs = now() - unheardAfterMs;
  for (;;) {
    const jobIds = await lines.toCancel({ batchId: batch.id, cancelledBeforeMs, limit: cancelledAtOnce });
    // Together: one that runs is waited for until its end.
    const { tenantId } = batch;
    await Promise.all(jobIds.map((jobId) => cancelJob(jobId, { tenantId }).catch(onError)));
    if (jobIds.length < cancelledAtOnce) return false;
    await nextTurn();
  }
}
