import type { Selectable } from "kysely";
import { contractOf, parseContent, parseJsonColumn } from "../read-row.ts";
import type { BatchState, BatchTable } from "../schema/batch-tables.ts";

/** Something that is wrong with a batch's input. */
export interface BatchProblem {
  readonly code: string;
  readonly message: string;
  readonly param: string | null;
  /** Of the input, from 1; null: of the whole. */
  readonly line: number | null;
}

/** How many of a batch's lines have ended, by how. */
interface BatchCounts {
  readonly succeeded: number;
  readonly failed: number;
  readonly cancelled: number;
  readonly expired: number;
}

/** A batch of requests, as it stands. Lines are counted from 1; times are Unix milliseconds. */
export interface StoredBatch {
  readonly id: string;
  readonly surface: BatchTable["surface"];
  readonly tenantId: string;
  readonly projectId: string | null;
  readonly keyId: string | null;
  readonly endpoint: string;
  readonly inputFileId: string;
  readonly outputFileId: string | null;
  readonly errorFileId: string | null;
  readonly state: BatchState;
  readonly completionWindow: string;
  readonly outputExpiresAfterMs: number | null;
  readonly metadata: Readonly<Record<string, string>> | null;
  readonly headers: Readonly<Record<string, string>>;
  readonly model: string | null;
  readonly problems: readonly BatchProblem[];
  readonly owner: string | null;
  readonly total: number;
  /** The first line that is no job yet, and where it begins in the input. */
  readonly nextLine: number;
  readonly nextOffsetBytes: number;
  readonly counts: BatchCounts;
  /** Of all lines; 0 until the end. */
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly createdAtMs: number;
  readonly inProgressAtMs: number | null;
  readonly expiresAtMs: number;
  readonly finalizingAtMs: number | null;
  readonly cancellingAtMs: number | null;
  readonly finishedAtMs: number | null;
}

/** Lines that have ended. */
export function endedLineCount({ counts }: Pick<StoredBatch, "counts">): number {
  return counts.succeeded + counts.failed + counts.cancelled + counts.expired;
}

/** Lines that are jobs which have not ended. */
export function unfinishedLineCount(batch: Pick<StoredBatch, "counts" | "nextLine">): number {
  return batch.nextLine - 1 - endedLineCount(batch);
}

const textMap = contractOf(
  (value): value is Record<string, string> =>
    typeof value === "object" &&
    value !== null &&
    Object.values(value).every((item) => typeof item === "string"),
);
const problemList = contractOf(
  (value): value is BatchProblem[] =>
    Array.isArray(value) && value.every((item) => typeof item === "object" && item !== null),
);

/** @throws DatabaseError naming the row when its JSON does not fit this release. */
export function batchOfRow(row: Selectable<BatchTable>): StoredBatch {
  const at = { table: "batches", id: row.id };
  const mapOf = (text: string) => parseContent(textMap, { ...at, value: parseJsonColumn(text) });
  return {
    id: row.id,
    surface: row.surface,
    tenantId: row.tenant_id,
    projectId: row.project_id,
    keyId: row.key_id,
    endpoint: row.endpoint,
    inputFileId: row.input_file_id,
    outputFileId: row.output_file_id,
    errorFileId: row.error_file_id,
    state: row.state,
    completionWindow: row.completion_window,
    outputExpiresAfterMs: row.output_expires_after_ms,
    metadata: row.metadata_json === null ? null : mapOf(row.metadata_json),
    headers: mapOf(row.headers_json),
    model: row.model,
    problems: parseContent(problemList, { ...at, value: parseJsonColumn(row.problems_json) ?? [] }),
    owner: row.owner,
    total: row.total,
    nextLine: row.next_line,
    nextOffsetBytes: row.next_offset_bytes,
    counts: {
      succeeded: row.succeeded,
      failed: row.failed,
      cancelled: row.cancelled,
      expired: row.expired,
    },
    inputTokens: row.input_tokens ?? 0,
    outputTokens: row.output_tokens ?? 0,
    createdAtMs: row.created_at_ms,
    inProgressAtMs: row.in_progress_at_ms,
    expiresAtMs: row.expires_at_ms,
    finalizingAtMs: row.finalizing_at_ms,
    cancellingAtMs: row.cancelling_at_ms,
    finishedAtMs: row.finished_at_ms,
  };
}
