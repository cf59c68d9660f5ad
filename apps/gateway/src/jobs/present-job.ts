import type { PublicJob } from "@tokenhub/contracts/api";
import type { JobAnswer, StoredJob } from "@tokenhub/persistence";

/** What is known of a job's turn. */
export interface JobTurn {
  /** From 1 among the jobs that compete with it. */
  readonly position: number | null;
  readonly estimatedStartMs: number | null;
}

/** A job as callers see it. @param answer null: there is none, or it is not asked for. */
export function presentJob(
  job: StoredJob,
  { turn, answer }: { readonly turn?: JobTurn; readonly answer?: JobAnswer | null } = {},
): PublicJob {
  return {
    id: job.id,
    object: "job",
    status: job.state,
    endpoint: job.endpoint,
    model: job.requestedModel,
    stream: job.isStream,
    origin: job.origin,
    lane: job.lane,
    priority: job.priority,
    created_at: secondsOf(job.createdAtMs),
    not_before: secondsOf(job.notBeforeMs),
    deadline: secondsOf(job.deadlineAtMs),
    started_at: secondsOf(job.startedAtMs),
    finished_at: secondsOf(job.finishedAtMs),
    expires_at: secondsOf(job.expiresAtMs),
    queue_position: turn?.position ?? null,
    estimated_start_at: secondsOf(turn?.estimatedStartMs ?? null),
    attempts: job.startedAtMs === null ? 0 : job.attempt,
    cancel_requested: job.cancelRequestedAtMs !== null,
    request_id: job.requestId,
    batch_id: job.batchId,
    custom_id: job.customId,
    replay_of: job.replayOf,
    metadata: job.metadata,
    tags: job.tags,
    decision:
      job.modelId === null || job.providerId === null
        ? null
        : {
            model: job.modelId,
            provider: job.providerId,
            reason: answer?.headers["x-tokenhub-reason"] ?? null,
          },
    usage:
      job.inputTokens === null
        ? null
        : {
            input_tokens: job.inputTokens,
            output_tokens: job.outputTokens ?? 0,
            total_tokens: job.inputTokens + (job.outputTokens ?? 0),
          },
    cost_usd: job.costNanoUsd === null ? null : job.costNanoUsd / 1e9,
    error:
      job.errorCode === null
        ? null
        : { code: job.errorCode, class: job.errorClass, message: job.errorMessage ?? "" },
    result: answer == null ? null : { status_code: answer.statusCode, body: bodyOf(answer) },
    urls: {
      self: `/v1/jobs/${job.id}`,
      events: `/v1/jobs/${job.id}/events`,
      cancel: `/v1/jobs/${job.id}/cancel`,
    },
  };
}

/** JSON as such, everything else, e.g. a stream, as text. */
export function bodyOf({ headers, body }: JobAnswer): unknown {
  if (!(headers["content-type"] ?? "").includes("json")) return body;
  try {
    return JSON.parse(body) as unknown;
  } catch {
    // A stream that broke off, or an answer that says it is JSON and is not: as it came.
    return body;
  }
}

function secondsOf(timeMs: number): number;
function secondsOf(timeMs: number | null): number | null;
function secondsOf(timeMs: number | null): number | null {
  return timeMs === null ? null : Math.floor(timeMs / 1_000);
}
