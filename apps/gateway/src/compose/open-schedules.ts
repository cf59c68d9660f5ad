import type { JobWebhook } from "@tokenhub/contracts";
import { createScheduleRepository } from "@tokenhub/persistence";
import type { KeyLookup } from "../access/key-index.ts";
import type { Admission } from "../admission/admission.ts";
import { startSchedulePromotion } from "../schedules/promote-schedules.ts";
import { createScheduleMetrics } from "../schedules/schedule-metrics.ts";
import type { Foundation } from "./open-foundation.ts";
import type { Jobs } from "./open-jobs.ts";

export interface ScheduleParts {
  readonly foundation: Foundation;
  readonly admission: Pick<Admission, "requireScope">;
  readonly keys: Pick<KeyLookup, "key" | "tenant" | "project">;
  readonly jobs: Pick<Jobs, "repository" | "accept" | "check">;
  readonly readWebhook: (value: unknown) => JobWebhook;
}

export type Schedules = ReturnType<typeof openSchedules>;

/** Opens the jobs that recur; `start` begins to make them, once jobs are carried out. */
export function openSchedules(stack: AsyncDisposableStack, parts: ScheduleParts) {
  const { foundation, admission, keys, jobs, readWebhook } = parts;
  const { db, logger, metrics, now } = foundation;
  const { accept, check, repository } = jobs;
  const making = { jobs: repository, keys, admission, accept, check, now };
  const { occurred } = createScheduleMetrics(metrics);
  return {
    management: { ...making, db, readWebhook },
    start() {
      stack.use(
        startSchedulePromotion({
          ...making,
          schedules: createScheduleRepository(db),
          onOccurrence: occurred,
          onError: (error) =>
            logger.error({ err: error }, "a schedule could not be moved on; it is tried again"),
        }),
      );
    },
  };
}
