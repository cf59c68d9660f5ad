export interface IdempotencyTables {
  idempotency_keys: IdempotencyKeyTable;
}

export interface IdempotencyKeyTable {
  tenant_id: string;
  /** Method and path. */
  scope: string;
  idempotency_key: string;
  /** SHA-256 of what changes the result: the canonical body and some headers. */
  fingerprint: string;
  /** The job that answers it; null: the answer itself is kept here. */
  job_id: string | null;
  /** The gateway that works on it, as long as there is no answer. */
  owner: string | null;
  status_code: number | null;
  headers_json: string | null;
  body: string | null;
  created_at_ms: number;
  expires_at_ms: number;
}
