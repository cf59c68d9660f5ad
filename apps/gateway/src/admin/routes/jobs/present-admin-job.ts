import type { JobAnswer, JobRequest, StoredJob } from "@tokenhub/persistence";
import type { KeyNames } from "../../../insight/key-names.ts";
import { bodyOf } from "../../../jobs/present-job.ts";
import { timeText, usdOf } from "../../fields.ts";

/** One line of a list. Never a prompt. */
export function presentAdminJob(job: StoredJob, names: Pick<KeyNames, "of">) {
  return {
    id: job.id,
    object: "job",
    state: job.state,
    tenant_id: job.tenantId,
    project_id: job.projectId,
    api_key_id: job.keyId,
    api_key_name: names.of(job.keyId),
    endpoint: job.endpoint,
    requested_model: job.requestedModel,
    stream: job.isStream,
    origin: job.origin,
    lane: job.lane,
    priority: job.priority,
    group: job.dispatchGroup,
    created_at: timeText(job.createdAtMs),
    not_before: timeText(job.notBeforeMs),
    deadline: timeText(job.deadlineAtMs),
    started_at: timeText(job.startedAtMs),
    finished_at: timeText(job.finishedAtMs),
    expires_at: timeText(job.expiresAtMs),
    cancel_requested_at: timeText(job.cancelRequestedAtMs),
    attempts: job.startedAtMs === null ? 0 : job.attempt,
    request_id: job.requestId,
    gateway_id: job.owner,
    status_code: job.statusCode,
    error_code: job.errorCode,
    error_class: job.errorClass,
    error_message: job.errorMessage,
    model_id: job.modelId,
    provider_id: job.providerId,
    input_tokens: job.inputTokens,
    output_tokens: job.outputTokens,
    cost_usd: usdOf(job.costNanoUsd),
    reserved_usd: job.finishedAtMs === null ? usdOf(job.reservedNanoUsd) : 0,
    result_bytes: job.resultBytes,
    metadata: job.metadata,
    tags: job.tags,
    batch_id: job.batchId,
    custom_id: job.customId,
    schedule_id: job.scheduleId,
    replay_of: job.replayOf,
    letter: job.letter,
  };
}

/** What was asked and what was answered. */
export function presentTexts(texts: {
  readonly request: JobRequest | null;
  readonly answer: JobAnswer | null;
}) {
  const { request, answer } = texts;
  return {
    request:
      request === null
        ? null
        : {
            headers: request.headers,
            body: bodyOf({
              statusCode: 0,
              headers: { "content-type": "application/json" },
              body: request.bodyText,
            }),
          },
    answer:
      answer === null
        ? null
        : { status_code: answer.statusCode, headers: answer.headers, body: bodyOf(answer) },
  };
}
