import type { Updateable } from "kysely";
import type { BatchState, BatchTable } from "../schema/batch-tables.ts";
import { storableText } from "../storable-text.ts";
import type { BatchProblem, StoredBatch } from "./batch-row.ts";

export type NewBatch = Pick<
  StoredBatch,
  | "id"
  | "surface"
  | "tenantId"
  | "projectId"
  | "keyId"
  | "endpoint"
  | "inputFileId"
  | "completionWindow"
  | "outputExpiresAfterMs"
  | "metadata"
  | "headers"
  | "model"
  | "owner"
  | "total"
  | "createdAtMs"
  | "inProgressAtMs"
  | "expiresAtMs"
> & { readonly state: Extract<BatchState, "validating" | "in_progress"> };

/** What may change together with a batch's state. */
export interface BatchChanges {
  readonly model?: string | null;
  readonly problems?: readonly BatchProblem[];
  readonly total?: number;
  readonly inProgressAtMs?: number;
  readonly finalizingAtMs?: number;
  readonly cancellingAtMs?: number;
  readonly finishedAtMs?: number;
  readonly outputFileId?: string | null;
  readonly errorFileId?: string | null;
  readonly inputTokens?: number;
  readonly outputTokens?: number;
  readonly cancelled?: number;
  readonly expired?: number;
}

/** The row of a batch of which no line is a job yet. */
export function rowOfNewBatch(batch: NewBatch): BatchTable {
  return {
    id: batch.id,
    surface: batch.surface,
    tenant_id: batch.tenantId,
    project_id: batch.projectId,
    key_id: batch.keyId,
    endpoint: batch.endpoint,
    input_file_id: batch.inputFileId,
    output_file_id: null,
    error_file_id: null,
    state: batch.state,
    completion_window: batch.completionWindow,
    output_expires_after_ms: batch.outputExpiresAfterMs,
    metadata_json: batch.metadata === null ? null : JSON.stringify(batch.metadata),
    headers_json: JSON.stringify(batch.headers),
    model: storableText(batch.model),
    problems_json: null,
    owner: batch.owner,
    total: batch.total,
    next_line: 1,
    next_offset_bytes: 0,
    succeeded: 0,
    failed: 0,
    cancelled: 0,
    expired: 0,
    input_tokens: null,
    output_tokens: null,
    created_at_ms: batch.createdAtMs,
    in_progress_at_ms: batch.inProgressAtMs,
    expires_at_ms: batch.expiresAtMs,
    finalizing_at_ms: null,
    cancelling_at_ms: null,
    finished_at_ms: null,
  };
}

export function columnsOfChanges({ problems, model, ...changes }: BatchChanges): Updateable<BatchTable> {
  const columns: Updateable<BatchTable> = {
    total: changes.total,
    in_progress_at_ms: changes.inProgressAtMs,
    finalizing_at_ms: changes.finalizingAtMs,
    cancelling_at_ms: changes.cancellingAtMs,
    finished_at_ms: changes.finishedAtMs,
    output_file_id: changes.outputFileId,
    error_file_id: changes.errorFileId,
    input_tokens: changes.inputTokens,
    output_tokens: changes.outputTokens,
    cancelled: changes.cancelled,
    expired: changes.expired,
    model: model === undefined ? undefined : storableText(model),
    problems_json: problems === undefined ? undefined : JSON.stringify(problems),
  };
  // Kysely leaves out what is undefined.
  return columns;
}
