import { dispatchGroupOf, type NewJob, type StoredJob } from "@tokenhub/persistence";

/** A job as it is stored right after its acceptance: reading it back would cost as much as accepting it. */
export function storedJobOfNew(job: NewJob): StoredJob {
  const { headers: _headers, bodyText: _body, reservedUsd, batch, scheduleId, replayOf, ...same } = job;
  return {
    ...same,
    state: job.notBeforeMs === null ? "queued" : "scheduled",
    dispatchGroup: dispatchGroupOf(job),
    startedAtMs: null,
    finishedAtMs: null,
    expiresAtMs: null,
    owner: null,
    attempt: 1,
    cancelRequestedAtMs: null,
    reservedNanoUsd: Math.round(reservedUsd * 1e9),
    statusCode: null,
    errorCode: null,
    errorClass: null,
    errorMessage: null,
    modelId: null,
    providerId: null,
    costNanoUsd: null,
    inputTokens: null,
    outputTokens: null,
    resultBytes: null,
    batchId: batch?.batchId ?? null,
    batchLine: batch?.line ?? null,
    customId: batch?.customId ?? null,
    scheduleId: scheduleId ?? null,
    replayOf: replayOf ?? null,
    letter: null,
  };
}
