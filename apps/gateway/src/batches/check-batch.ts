import { createBatchRepository, readFileBytes, transaction, type StoredBatch } from "@tokenhub/persistence";
import { eventsOfBatchEnd } from "../webhooks/batch-events.ts";
import type { FinisherDeps } from "./finisher.ts";
import type { InputChecker } from "./input-checker.ts";

export interface CheckBatchDeps extends FinisherDeps {
  readonly checker: InputChecker;
}

interface CheckedBatch {
  readonly batch: StoredBatch;
  readonly signal: AbortSignal;
}

/** Reads a new batch's input; it is carried out when nothing is wrong with it, and has failed otherwise. */
export async function checkBatch(deps: CheckBatchDeps, { batch, signal }: CheckedBatch): Promise<void> {
  const { db, checker, lineBytes, now } = deps;
  const { surface, endpoint } = batch;
  const bytes = untilAborted(readFileBytes(db, batch.inputFileId), signal);
  const { total, model, problems } = await checker.check({ surface, endpoint, lineBytes }, bytes);
  const nowMs = now();
  const from = ["validating"] as const;
  if (problems.length === 0) {
    const changes = { total, model, inProgressAtMs: nowMs };
    await createBatchRepository(db).move(batch.id, { from, to: "in_progress", changes });
    return;
  }
  let deliveries = 0;
  await transaction(db, async (begun) => {
    const changes = { total, model, problems, finishedAtMs: nowMs };
    const repository = createBatchRepository(begun);
    if (!(await repository.move(batch.id, { from, to: "failed", changes }))) return;
    const { id, tenantId, projectId } = batch;
    const ended = { id, tenantId, projectId, state: "failed", finishedAtMs: nowMs } as const;
    deliveries = await deps.recordEvents(begun, eventsOfBatchEnd(ended));
  });
  if (deliveries > 0) deps.onEventsRecorded();
}

async function* untilAborted<Value>(
  values: AsyncIterable<Value>,
  signal: AbortSignal,
): AsyncGenerator<Value, void, undefined> {
  for await (const value of values) {
    signal.throwIfAborted();
    yield value;
  }
}
