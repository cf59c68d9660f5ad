import type { JobRepository, ResponseRepository } from "@tokenhub/persistence";
import type { Admission } from "../../admission/admission.ts";
import type { JobCanceller } from "../../jobs/cancel-job.ts";
import type { ResponseFollower } from "../../responses/follow-response.ts";

/** What looking after kept responses needs. */
export interface ResponseRouteDeps {
  readonly admission: Pick<Admission, "authenticate" | "admit">;
  readonly responses: Pick<ResponseRepository, "get" | "removeEnded">;
  readonly jobs: Pick<JobRepository, "get" | "removeEnded">;
  readonly canceller: JobCanceller;
  readonly follower: ResponseFollower;
  readonly now: () => number;
}
