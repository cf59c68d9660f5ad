import type { Selectable } from "kysely";
import { textRecordOf } from "../jobs/job-row.ts";
import type { IdempotencyKeyTable } from "../schema/idempotency-tables.ts";

/** Where a key means something. */
export interface KeyPlace {
  readonly tenantId: string;
  /** Method and path, and the project of a key that has one. */
  readonly scope: string;
  readonly key: string;
}

/** What is kept of an answer. */
export interface KeyAnswer {
  readonly statusCode: number;
  readonly headers: Readonly<Record<string, string>>;
  /** As it was given to be kept; null: it was too long. */
  readonly body: string | null;
}

/** A key that is in use, and what became of its request. All times are Unix milliseconds. */
export type HeldKey = {
  /** Of what changes the result; null: not known yet. */
  readonly fingerprint: string | null;
  readonly expiresAtMs: number;
} & (
  | { readonly kind: "job"; readonly jobId: string }
  | { readonly kind: "answered"; readonly answer: KeyAnswer }
  | { readonly kind: "in_progress"; readonly owner: string }
);

/** @throws DatabaseError naming the row when its headers cannot be read. */
export function heldKeyOf(row: Selectable<IdempotencyKeyTable>): HeldKey {
  const { fingerprint, expires_at_ms: expiresAtMs } = row;
  if (row.job_id !== null) return { kind: "job", jobId: row.job_id, fingerprint, expiresAtMs };
  if (row.status_code === null)
    return { kind: "in_progress", owner: row.owner ?? "", fingerprint, expiresAtMs };
  const at = { table: "idempotency_keys", id: row.idempotency_key };
  const headers = textRecordOf(row.headers_json ?? "{}", at);
  return {
    kind: "answered",
    answer: { statusCode: row.status_code, headers, body: row.body },
    fingerprint,
    expiresAtMs,
  };
}
