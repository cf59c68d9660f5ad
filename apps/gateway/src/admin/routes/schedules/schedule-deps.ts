import type { JobWebhook } from "@tokenhub/contracts";
import type { Database } from "@tokenhub/persistence";
import type { ScheduledJobDeps } from "../../../schedules/scheduled-jobs.ts";

export interface ScheduleRouteDeps extends ScheduledJobDeps {
  readonly db: Database["db"];
  /** @throws TokenHubError `invalid_request` for an address that may not be called. */
  readonly readWebhook: (value: unknown) => JobWebhook;
}
