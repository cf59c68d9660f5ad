import { countBatchEndings } from "@tokenhub/persistence";
import type { KeyLookup } from "../access/key-index.ts";
import type { GatewayConfig } from "../config.ts";
import type { JobSettings } from "../jobs/job-settings.ts";
import { keepEndedResponses } from "../responses/keep-ended.ts";
import { defaultResponsesKeepMs } from "../responses/response-settings.ts";
import type { Canceller } from "../sync/cancel-request.ts";
import type { InFlightGate } from "../sync/in-flight-gate.ts";
import { eventsOfJobEnd } from "../webhooks/job-events.ts";
import type { openAdmission } from "./open-admission.ts";
import { openBatches } from "./open-batches.ts";
import type { CatalogueParts } from "./open-catalogue.ts";
import type { Foundation } from "./open-foundation.ts";
import { openIdempotency } from "./open-idempotency.ts";
import { openJobs } from "./open-jobs.ts";
import { openResponses } from "./open-responses.ts";
import { openSchedules } from "./open-schedules.ts";
import type { Webhooks } from "./open-webhooks.ts";

export interface AsyncWorkParts {
  readonly foundation: Foundation;
  readonly config: Pick<GatewayConfig, "responsesKeepMs" | "drainMs" | "idempotencyMs">;
  readonly jobSettings: JobSettings;
  readonly catalogue: CatalogueParts["catalogue"];
  readonly admission: Awaited<ReturnType<typeof openAdmission>>["admission"];
  readonly budgets: Awaited<ReturnType<typeof openAdmission>>["budgets"];
  readonly keys: KeyLookup;
  readonly gate: InFlightGate;
  readonly webhooks: Webhooks;
  readonly cancel: Canceller;
  readonly cancelRun: (runId: string) => Promise<unknown>;
}

/** Opens everything that goes on without a caller: jobs, and what is made of them. */
export async function openAsyncWork(stack: AsyncDisposableStack, parts: AsyncWorkParts) {
  const { foundation, config, jobSettings, catalogue, admission, budgets, keys } = parts;
  const { gate, webhooks, cancel, cancelRun } = parts;
  const responsesKeepMs = config.responsesKeepMs ?? defaultResponsesKeepMs;
  const jobs = await openJobs(stack, {
    foundation,
    settings: jobSettings,
    admission,
    keys,
    cancel,
    cancelRun,
    syncWaitMs: foundation.product.limits.syncWaitMs,
    drainMs: config.drainMs,
    finishing: {
      events: eventsOfJobEnd,
      recordEvents: (begun, told) => webhooks.recording.recordEvents(begun, told),
      countBatchEndings,
      keepResponses: keepEndedResponses(responsesKeepMs),
    },
    onEnded: webhooks.wake,
  });
  const keptResponses = openResponses(stack, { foundation, jobs, jobSettings, keepMs: responsesKeepMs });
  const batches = openBatches(stack, {
    foundation,
    catalogue,
    admission,
    budgets,
    keys,
    jobs,
    webhooks,
  });
  const idempotency = openIdempotency({
    foundation,
    jobs,
    admission,
    gate,
    jobSettings,
    syncWaitMs: foundation.product.limits.syncWaitMs,
    keptMs: config.idempotencyMs,
    keeping: keptResponses.keeping,
  });
  const schedules = openSchedules(stack, {
    foundation,
    admission,
    keys,
    jobs,
    readWebhook: webhooks.readJobWebhook,
  });
  return { jobs, keptResponses, batches, idempotency, schedules };
}
