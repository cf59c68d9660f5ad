import type { ErrorCode } from "@tokenhub/contracts";
import type { StoredJob } from "@tokenhub/persistence";
import { hasEnded } from "../jobs/job-waits.ts";

/** What a provider says of a request itself: it would say so again. */
const lastingCodes: ReadonlySet<ErrorCode> = new Set(["provider_bad_request", "context_length_exceeded"]);

/**
 * Whether the next request with the key of a job is carried out anew, instead of being answered as the job was or will be.
 * Answers are kept, and what is wrong with the request itself; a job that its caller cancelled stays cancelled. Every other
 * failure, above all one of status 5xx or 429, and a deadline that came too early, may be different the next time.
 */
export function beginsAnew(job: Pick<StoredJob, "state" | "errorCode">): boolean {
  if (!hasEnded(job) || job.state === "succeeded" || job.state === "cancelled") return false;
  return job.state === "expired" || job.errorCode === null || !lastingCodes.has(job.errorCode);
}
