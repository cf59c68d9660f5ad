import type { JobWebhook } from "@tokenhub/contracts";
import type { JobRepository } from "@tokenhub/persistence";
import type { Admission } from "../../admission/admission.ts";
import type { RequestToBecomeJob } from "../../jobs/accept-as-internal.ts";
import type { JobCanceller } from "../../jobs/cancel-job.ts";
import type { JobWaits } from "../../jobs/job-waits.ts";
import type { JobFollower } from "../../jobs/follow-job.ts";

/** What the door to jobs needs. */
export interface JobRouteDeps {
  readonly admission: Pick<Admission, "authenticate" | "requireScope" | "admit">;
  readonly jobs: Pick<
    JobRepository,
    "get" | "answer" | "page" | "queuePosition" | "recentPace" | "removeEnded"
  >;
  readonly waits: Pick<JobWaits, "untilEnd">;
  readonly canceller: JobCanceller;
  readonly follower: JobFollower;
  /** @throws TokenHubError what the endpoint would answer to such a request. */
  readonly accept: (request: RequestToBecomeJob) => Promise<string>;
  /** @throws TokenHubError `invalid_request` for an address that may not be called. */
  readonly readWebhook: (value: unknown) => JobWebhook;
  readonly maxBodyBytes: number;
  readonly now: () => number;
}
