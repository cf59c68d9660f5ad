import type { JobEnding, StoredJob } from "@tokenhub/persistence";

/** The end of a job that was begun and cancelled before anything was called for it. */
export function cancelledEnding(
  job: Pick<StoredJob, "id" | "attempt">,
  { nowMs, keepMs }: { readonly nowMs: number; readonly keepMs: number },
): JobEnding {
  return {
    jobId: job.id,
    attempt: job.attempt,
    state: "cancelled",
    finishedAtMs: nowMs,
    expiresAtMs: nowMs + keepMs,
    answer: null,
    errorCode: "cancelled",
    errorClass: "cancelled",
    errorMessage: "The job was cancelled.",
    modelId: null,
    providerId: null,
    costUsd: 0,
    inputTokens: null,
    outputTokens: null,
    isDeadLetter: false,
  };
}
