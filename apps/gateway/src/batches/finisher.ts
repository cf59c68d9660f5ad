import type { WebhookEvent } from "@tokenhub/contracts";
import {
  createBatchLines,
  createBatchRepository,
  createFileRepository,
  transaction,
  type Database,
  type StoredBatch,
} from "@tokenhub/persistence";
import { eventsOfBatchEnd } from "../webhooks/batch-events.ts";
import { errorFileIdOf, outputFileIdOf } from "./batch-ids.ts";
import { outcomeOf } from "./next-step.ts";
import { writeResults, type WriteResultsDeps, type WrittenResults } from "./write-results.ts";

export interface FinisherDeps extends WriteResultsDeps {
  /** Records an event with its deliveries in the transaction that is given; gives how many deliveries wait. */
  readonly recordEvents: (begun: Database["db"], events: readonly WebhookEvent[]) => Promise<number>;
  readonly onEventsRecorded: () => void;
}

/**
 * Ends a batch whose lines have all ended: writes its files and then, in one transaction, shows them, ends the batch and records
 * its event. Whatever happens in between, doing it again makes the same files and the same event.
 * @returns false when another gateway was faster, or a line has not ended.
 */
export async function finishBatch(deps: FinisherDeps, batchId: string): Promise<boolean> {
  const { db, now } = deps;
  const batches = createBatchRepository(db);
  const changes = { finalizingAtMs: now() };
  await batches.move(batchId, { from: ["in_progress"], to: "finalizing", changes });
  const batch = await batches.get(batchId);
  if (batch === null || (batch.state !== "finalizing" && batch.state !== "cancelling")) return false;
  const written = await writeResults(deps, batch);
  const isEnded = await end(deps, batch, written);
  if (isEnded) await dropLeftovers(deps, batch);
  return isEnded;
}

async function end(deps: FinisherDeps, batch: StoredBatch, written: WrittenResults): Promise<boolean> {
  const { state, counts } = outcomeOf(batch);
  const nowMs = deps.now();
  const outputFileId = written.outputBytes > 0 ? outputFileIdOf(batch.id) : null;
  const errorFileId = written.errorBytes > 0 ? errorFileIdOf(batch.id) : null;
  let deliveries = 0;
  const isEnded = await transaction(deps.db, async (begun) => {
    const { inputTokens, outputTokens } = written;
    const moved = await createBatchRepository(begun).move(batch.id, {
      from: [batch.state],
      to: state,
      changes: {
        finishedAtMs: nowMs,
        outputFileId,
        errorFileId,
        inputTokens,
        outputTokens,
        cancelled: counts.cancelled,
        expired: counts.expired,
      },
    });
    if (!moved) return false;
    const files = createFileRepository(begun);
    if (outputFileId !== null) await files.complete(outputFileId, { bytes: written.outputBytes });
    if (errorFileId !== null) await files.complete(errorFileId, { bytes: written.errorBytes });
    const { id, tenantId, projectId } = batch;
    const ended = { id, tenantId, projectId, state, finishedAtMs: nowMs };
    deliveries = await deps.recordEvents(begun, eventsOfBatchEnd(ended));
    return true;
  });
  if (deliveries > 0) deps.onEventsRecorded();
  return isEnded;
}

/** The answers are in the files now, and nobody reads the input of a message batch again. */
async function dropLeftovers({ db }: FinisherDeps, batch: StoredBatch): Promise<void> {
  await createBatchLines(db).dropAnswers(batch.id, { lastLine: batch.nextLine - 1 });
  if (batch.surface === "anthropic") await createFileRepository(db).remove(batch.inputFileId);
}
