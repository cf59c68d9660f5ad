import {
  jobWebhookSchema,
  type AsyncJobOrigin,
  type AsyncJobState,
  type ErrorCode,
  type JobWebhook,
  type Lane,
} from "@tokenhub/contracts";
import type { Selectable } from "kysely";
import { contractOf, parseContent, parseJsonColumn, textList } from "../read-row.ts";
import type { JobTable, LetterState } from "../schema/job-tables.ts";

/** A job with everything that is kept of it but its request and its answer. All times are Unix milliseconds. */
export interface StoredJob {
  readonly id: string;
  /** Of the current attempt. */
  readonly requestId: string;
  readonly tenantId: string;
  readonly projectId: string | null;
  readonly keyId: string | null;
  readonly origin: AsyncJobOrigin;
  readonly endpoint: string;
  readonly lane: Lane;
  /** 0 to 9, higher goes first. */
  readonly priority: number;
  readonly dispatchGroup: string;
  readonly state: AsyncJobState;
  readonly isStream: boolean;
  readonly requestedModel: string | null;
  readonly metadata: Readonly<Record<string, string>> | null;
  readonly tags: readonly string[] | null;
  readonly webhook: JobWebhook | null;
  readonly createdAtMs: number;
  readonly notBeforeMs: number | null;
  readonly deadlineAtMs: number;
  /** When the first attempt began. */
  readonly startedAtMs: number | null;
  readonly finishedAtMs: number | null;
  /** When it is deleted; null until it has ended. */
  readonly expiresAtMs: number | null;
  /** The gateway that carries it out; null unless it runs. */
  readonly owner: string | null;
  /** From 1. */
  readonly attempt: number;
  readonly cancelRequestedAtMs: number | null;
  /** Billionths of a US dollar. */
  readonly reservedNanoUsd: number;
  /** HTTP status of the answer. */
  readonly statusCode: number | null;
  /** Of a job that waits for another attempt: why the last one failed. */
  readonly errorCode: ErrorCode | null;
  readonly errorClass: string | null;
  readonly errorMessage: string | null;
  readonly modelId: string | null;
  readonly providerId: string | null;
  /** Billionths of a US dollar; null when nobody knows. */
  readonly costNanoUsd: number | null;
  readonly inputTokens: number | null;
  readonly outputTokens: number | null;
  /** Bytes of the answer's body; null when no answer is kept. */
  readonly resultBytes: number | null;
  readonly batchId: string | null;
  /** From 1. */
  readonly batchLine: number | null;
  readonly customId: string | null;
  readonly scheduleId: string | null;
  readonly replayOf: string | null;
  /** Null unless the job failed for good. */
  readonly letter: LetterState | null;
}

/** What is carried out. */
export interface JobRequest {
  readonly headers: Readonly<Record<string, string>>;
  readonly bodyText: string;
}

/** What a waiting caller would have been answered; of a stream, the whole text of it. */
export interface JobAnswer {
  readonly statusCode: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** The columns of a job without its request. */
export type JobRow = Omit<Selectable<JobTable>, "headers_json" | "body">;

export const jobColumns = [
  "id",
  "request_id",
  "tenant_id",
  "project_id",
  "key_id",
  "origin",
  "endpoint",
  "lane",
  "rank",
  "dispatch_group",
  "state",
  "is_stream",
  "requested_model",
  "metadata_json",
  "tags_json",
  "webhook_json",
  "created_at_ms",
  "not_before_ms",
  "deadline_at_ms",
  "started_at_ms",
  "finished_at_ms",
  "expires_at_ms",
  "owner",
  "attempt",
  "cancel_requested_at_ms",
  "reserved_nano_usd",
  "status_code",
  "error_code",
  "error_class",
  "error_message",
  "model_id",
  "provider_id",
  "cost_nano_usd",
  "input_tokens",
  "output_tokens",
  "result_bytes",
  "batch_id",
  "batch_line",
  "custom_id",
  "schedule_id",
  "replay_of",
  "letter",
] as const satisfies readonly (keyof JobRow)[];

/** @throws DatabaseError naming the row when its JSON does not fit this release. */
export function storedJobOf(row: JobRow): StoredJob {
  const at = { table: "jobs", id: row.id };
  const webhook = parseJsonColumn(row.webhook_json);
  const tags = parseJsonColumn(row.tags_json);
  return {
    id: row.id,
    requestId: row.request_id,
    tenantId: row.tenant_id,
    projectId: row.project_id,
    keyId: row.key_id,
    origin: row.origin,
    endpoint: row.endpoint,
    lane: row.lane,
    priority: 0 - row.rank,
    dispatchGroup: row.dispatch_group,
    state: row.state,
    isStream: row.is_stream === 1,
    requestedModel: row.requested_model,
    metadata: row.metadata_json === null ? null : textRecordOf(row.metadata_json, at),
    tags: tags === null ? null : parseContent(textList, { ...at, value: tags }),
    webhook: webhook === null ? null : parseContent(jobWebhookSchema, { ...at, value: webhook }),
    createdAtMs: row.created_at_ms,
    notBeforeMs: row.not_before_ms,
    deadlineAtMs: row.deadline_at_ms,
    startedAtMs: row.started_at_ms,
    finishedAtMs: row.finished_at_ms,
    expiresAtMs: row.expires_at_ms,
    owner: row.owner,
    attempt: row.attempt,
    cancelRequestedAtMs: row.cancel_requested_at_ms,
    reservedNanoUsd: row.reserved_nano_usd,
    statusCode: row.status_code,
    errorCode: row.error_code,
    errorClass: row.error_class,
    errorMessage: row.error_message,
    modelId: row.model_id,
    providerId: row.provider_id,
    costNanoUsd: row.cost_nano_usd,
    inputTokens: row.input_tokens,
    outputTokens: row.output_tokens,
    resultBytes: row.result_bytes,
    batchId: row.batch_id,
    batchLine: row.batch_line,
    customId: row.custom_id,
    scheduleId: row.schedule_id,
    replayOf: row.replay_of,
    letter: row.letter,
  };
}

/**
 * A JSON object of texts, as headers and metadata are kept.
 * @throws DatabaseError naming the row when it is something else.
 */
export function textRecordOf(
  json: string,
  at: { readonly table: string; readonly id: string },
): Readonly<Record<string, string>> {
  return parseContent(textRecord, { ...at, value: parseJsonColumn(json) });
}

const textRecord = contractOf(
  (value): value is Record<string, string> =>
    typeof value === "object" &&
    value !== null &&
    !Array.isArray(value) &&
    Object.values(value).every((item) => typeof item === "string"),
);
