import type { BatchObject, FileObject, MessageBatch } from "@tokenhub/contracts/api";
import type { StoredBatch, StoredFile } from "@tokenhub/persistence";
import { batchLimits } from "./batch-limits.ts";

const seconds = (timeMs: number): number => Math.floor(timeMs / 1_000);
const moment = (timeMs: number): string => new Date(timeMs).toISOString();

/** A file as the OpenAI API shows it. */
export function presentFile(file: StoredFile): FileObject {
  return {
    id: file.id,
    object: "file",
    bytes: file.bytes,
    created_at: seconds(file.createdAtMs),
    ...(file.expiresAtMs === null ? {} : { expires_at: seconds(file.expiresAtMs) }),
    filename: file.filename,
    purpose: file.purpose as FileObject["purpose"],
    status: "processed",
  };
}

/** A batch as the OpenAI API shows it. Members without a value are left out. */
export function presentBatch(batch: StoredBatch): BatchObject {
  const { counts, state, finishedAtMs } = batch;
  const at = (timeMs: number | null) => (timeMs === null ? undefined : seconds(timeMs));
  const endedAs = (ending: StoredBatch["state"]) => (state === ending ? at(finishedAtMs) : undefined);
  return {
    id: batch.id,
    object: "batch",
    endpoint: batch.endpoint,
    model: batch.model ?? undefined,
    errors: batch.problems.length === 0 ? undefined : { object: "list", data: [...batch.problems] },
    input_file_id: batch.inputFileId,
    completion_window: batch.completionWindow,
    status: state,
    output_file_id: batch.outputFileId ?? undefined,
    error_file_id: batch.errorFileId ?? undefined,
    created_at: seconds(batch.createdAtMs),
    in_progress_at: at(batch.inProgressAtMs),
    expires_at: seconds(batch.expiresAtMs),
    finalizing_at: at(batch.finalizingAtMs),
    completed_at: endedAs("completed"),
    failed_at: endedAs("failed"),
    expired_at: endedAs("expired"),
    cancelling_at: at(batch.cancellingAtMs),
    cancelled_at: endedAs("cancelled"),
    request_counts: {
      total: batch.total,
      completed: counts.succeeded,
      failed: counts.failed + counts.cancelled + counts.expired,
    },
    usage: finishedAtMs === null || state === "failed" ? undefined : usageOf(batch),
    metadata: batch.metadata,
  };
}

function usageOf({ inputTokens, outputTokens }: StoredBatch): BatchObject["usage"] {
  return {
    input_tokens: inputTokens,
    input_tokens_details: { cached_tokens: 0 },
    output_tokens: outputTokens,
    output_tokens_details: { reasoning_tokens: 0 },
    total_tokens: inputTokens + outputTokens,
  };
}

/**
 * A batch as the Anthropic API shows it: requests are processing until the whole batch has ended.
 * @param baseUrl how the caller reaches this gateway; official clients send their key to the results' address.
 */
export function presentMessageBatch(
  batch: StoredBatch,
  { baseUrl, nowMs }: { readonly baseUrl: string; readonly nowMs: number },
): MessageBatch {
  const { counts, finishedAtMs, cancellingAtMs } = batch;
  const hasEnded = finishedAtMs !== null;
  const archivedAtMs = batch.createdAtMs + batchLimits.resultsKeptMs;
  const isArchived = nowMs >= archivedAtMs;
  return {
    id: batch.id,
    type: "message_batch",
    processing_status: hasEnded ? "ended" : cancellingAtMs === null ? "in_progress" : "canceling",
    request_counts: {
      processing: hasEnded ? 0 : batch.total,
      succeeded: hasEnded ? counts.succeeded : 0,
      errored: hasEnded ? counts.failed : 0,
      canceled: hasEnded ? counts.cancelled : 0,
      expired: hasEnded ? counts.expired : 0,
    },
    created_at: moment(batch.createdAtMs),
    expires_at: moment(batch.expiresAtMs),
    ended_at: finishedAtMs === null ? null : moment(finishedAtMs),
    cancel_initiated_at: cancellingAtMs === null ? null : moment(cancellingAtMs),
    archived_at: isArchived ? moment(archivedAtMs) : null,
    results_url: hasEnded && !isArchived ? `${baseUrl}/v1/messages/batches/${batch.id}/results` : null,
  };
}
