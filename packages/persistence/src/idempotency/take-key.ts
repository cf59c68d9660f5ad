import { sql, type Kysely } from "kysely";
import type { Schema } from "../schema/schema.ts";
import { findKey } from "./find-key.ts";
import type { HeldKey, KeyPlace } from "./held-key.ts";

/** A request that wants its key. All times are Unix milliseconds. */
export interface KeyClaim extends KeyPlace {
  readonly requestId: string;
  /** SHA-256 of what changes the result; null: not known before the body has been read. */
  readonly fingerprint: string | null;
  /** The job that is to answer it; null: a gateway answers it itself. */
  readonly jobId: string | null;
  /** The gateway that asks. */
  readonly owner: string;
  readonly nowMs: number;
  readonly expiresAtMs: number;
  /** When the owner has given up at the latest. */
  readonly leaseUntilMs: number;
  /** Other gateways live when they were seen since. */
  readonly aliveSinceMs: number;
  /** The job whose place the new one takes, because its answer is none to keep; absent: none. */
  readonly replacesJobId?: string;
}

export type KeyTaking =
  /** `requestId`: that of the claim, or of the request of a gateway that died, which is to be carried on. */
  | { readonly kind: "taken"; readonly requestId: string }
  | { readonly kind: "same"; readonly held: HeldKey }
  /** The key belongs to another request. */
  | { readonly kind: "other_body" };

/** A key may be given back between the two statements. */
const mostTries = 5;

/**
 * Takes a key, which of any number of takers exactly one does: when nobody has it, when it has expired, or when the gateway
 * that handled its request died or has given up. One statement decides.
 */
export async function takeKey(db: Kysely<Schema>, claim: KeyClaim): Promise<KeyTaking> {
  for (let tries = 1; ; tries += 1) {
    const requestId = await insertOrReplace(db, claim);
    if (requestId !== null) return { kind: "taken", requestId };
    const held = await findKey(db, claim);
    if (held !== null) {
      const isOther =
        claim.fingerprint !== null && held.fingerprint !== null && held.fingerprint !== claim.fingerprint;
      return isOther ? { kind: "other_body" } : { kind: "same", held };
    }
    if (tries === mostTries) throw new Error("a key is taken and given back faster than it can be looked at");
  }
}

async function insertOrReplace(db: Kysely<Schema>, claim: KeyClaim): Promise<string | null> {
  const { tenantId, scope, key, requestId, fingerprint, jobId, owner, replacesJobId = null } = claim;
  const nowMs = Math.floor(claim.nowMs);
  const isLeft = sql`(idempotency_keys.job_id is null and idempotency_keys.status_code is null
    and (idempotency_keys.lease_until_ms <= ${nowMs} or (idempotency_keys.owner <> ${owner} and not exists (
      select 1 from gateways where gateways.id = idempotency_keys.owner
        and gateways.seen_at_ms >= ${Math.ceil(claim.aliveSinceMs)}))))`;
  const { rows } = await sql<{ readonly request_id: string }>`
    insert into idempotency_keys (tenant_id, scope, idempotency_key, request_id, fingerprint, job_id, owner,
      lease_until_ms, created_at_ms, expires_at_ms)
    values (${tenantId}, ${scope}, ${key}, ${requestId}, ${fingerprint}, ${jobId},
      ${jobId === null ? owner : null}, ${jobId === null ? Math.round(claim.leaseUntilMs) : null}, ${nowMs},
      ${Math.round(claim.expiresAtMs)})
    on conflict (tenant_id, scope, idempotency_key) do update set
      request_id = case when idempotency_keys.expires_at_ms > ${nowMs} and ${isLeft}
        then idempotency_keys.request_id else excluded.request_id end,
      fingerprint = excluded.fingerprint, job_id = excluded.job_id, owner = excluded.owner,
      lease_until_ms = excluded.lease_until_ms, created_at_ms = excluded.created_at_ms,
      expires_at_ms = excluded.expires_at_ms, status_code = null, headers_json = null, body = null
    where idempotency_keys.expires_at_ms <= ${nowMs} or idempotency_keys.job_id = ${replacesJobId} or ${isLeft}
    returning request_id`.execute(db);
  return rows[0]?.request_id ?? null;
}
