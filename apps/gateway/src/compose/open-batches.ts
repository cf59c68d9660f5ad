import { createBatchRepository, createFileRepository } from "@tokenhub/persistence";
import type { KeyLookup } from "../access/key-index.ts";
import type { Admission } from "../admission/admission.ts";
import type { BudgetGuard } from "../admission/budget-guard.ts";
import { budgetsOfOwner } from "../admission/budgets-of-owner.ts";
import type { BatchDeps } from "../batches/batch-deps.ts";
import { batchLimits } from "../batches/batch-limits.ts";
import { startBatchService } from "../batches/batch-service.ts";
import { createInputChecker } from "../batches/input-checker.ts";
import { lineCostUsd } from "../batches/line-cost.ts";
import type { CatalogueParts } from "./open-catalogue.ts";
import type { Foundation } from "./open-foundation.ts";
import type { Jobs } from "./open-jobs.ts";
import type { Webhooks } from "./open-webhooks.ts";

export interface BatchParts {
  readonly foundation: Foundation;
  readonly catalogue: Pick<CatalogueParts["catalogue"], "index">;
  readonly admission: Pick<Admission, "authenticate" | "requireScope" | "admit">;
  readonly budgets: BudgetGuard;
  readonly keys: Pick<KeyLookup, "key" | "tenant" | "project">;
  readonly jobs: Pick<Jobs, "canceller" | "wake">;
  readonly webhooks: Pick<Webhooks, "recording" | "wake">;
}

/** Opens files and batches, and begins to move on the batches that have not ended. */
export function openBatches(stack: AsyncDisposableStack, parts: BatchParts): BatchDeps {
  const { foundation, catalogue, admission, budgets, keys, jobs, webhooks } = parts;
  const { product, database, db, subscriber, keyspace, gatewayId, logger, now } = foundation;
  const lineBytes = product.limits.maxBodyBytes + batchLimits.lineOverheadBytes;
  const checker = createInputChecker();
  const service = stack.use(
    startBatchService({
      db,
      owner: gatewayId,
      isAlone: database.dialect === "sqlite",
      checker,
      lineBytes,
      budgetsOf: (batch) => budgetsOfOwner(keys, batch),
      reserve: (...asked) => budgets.reserve(...asked),
      costOf: (line) => lineCostUsd(catalogue.index(), line),
      cancelJob: (jobId, scope) => jobs.canceller.cancel(jobId, scope),
      recordEvents: (begun, events) =>
        webhooks.recording.recordEvents(begun, { events, jobWebhooks: new Map() }),
      onEventsRecorded: webhooks.wake,
      onAccepted: jobs.wake,
      subscriber,
      keyspace,
      now,
      onError: (error) => logger.error({ err: error }, "a batch could not be moved on; it is tried again"),
    }),
  );
  return {
    admission,
    budgets,
    db,
    files: createFileRepository(db),
    batches: createBatchRepository(db),
    service,
    checker,
    gatewayId,
    lineBytes,
    now,
  };
}
