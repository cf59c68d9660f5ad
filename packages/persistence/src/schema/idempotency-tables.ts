export interface IdempotencyTables {
  idempotency_keys: IdempotencyKeyTable;
}

/** One row per key that is in use: with a job, with an answer, or with neither as long as its request is handled. */
export interface IdempotencyKeyTable {
  tenant_id: string;
  /** Method and path, and the project of a key that has one. */
  scope: string;
  idempotency_key: string;
  /** Of the request that took the key; whoever takes it over from a gateway that died carries that request on. */
  request_id: string;
  /** SHA-256 of what changes the result; null: not known before the request's body has been read. */
  fingerprint: string | null;
  /** The job that answers it; null: the answer itself is kept here. */
  job_id: string | null;
  /** The gateway that handles it, as long as there is neither job nor answer. */
  owner: string | null;
  /** After that the owner has given up, whether it lives or not. */
  lease_until_ms: number | null;
  created_at_ms: number;
  expires_at_ms: number;
  status_code: number | null;
  headers_json: string | null;
  /** Sealed by the gateway. Null although there is a status: the answer was too long to be kept. */
  body: string | null;
}
