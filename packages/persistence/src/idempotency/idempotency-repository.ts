import type { Kysely } from "kysely";
import { insertJobs } from "../jobs/insert-jobs.ts";
import type { NewJob } from "../jobs/new-job.ts";
import { storableBody } from "../jobs/storable-body.ts";
import type { Schema } from "../schema/schema.ts";
import { transaction } from "../transaction.ts";
import { findKey } from "./find-key.ts";
import type { HeldKey, KeyAnswer, KeyPlace } from "./held-key.ts";
import { takeKey, type KeyClaim, type KeyTaking } from "./take-key.ts";

/** The taker of a key, as it has to name itself to end what it has begun. */
export interface KeyTaker extends KeyPlace {
  readonly owner: string;
  readonly requestId: string;
}

/** Keys by which callers send a request again without its being carried out again. */
export interface IdempotencyRepository {
  /** Null: nobody has it, or it has expired. */
  readonly find: (place: KeyPlace & { readonly nowMs: number }) => Promise<HeldKey | null>;
  readonly take: (claim: KeyClaim) => Promise<KeyTaking>;
  /** Takes the key and inserts the job that answers it, in one transaction: with the job goes its key. */
  readonly takeWithJob: (claim: Omit<KeyClaim, "jobId">, job: NewJob) => Promise<KeyTaking>;
  /** Keeps the answer. False: the key is not the taker's any more. */
  readonly answer: (
    taker: KeyTaker,
    kept: { readonly fingerprint: string; readonly answer: KeyAnswer },
  ) => Promise<boolean>;
  /** Gives the key back: the next request with it begins anew. False: it is not the taker's any more. */
  readonly release: (taker: KeyTaker) => Promise<boolean>;
}

export function createIdempotencyRepository(db: Kysely<Schema>): IdempotencyRepository {
  return {
    find: (place) => findKey(db, place),
    take: (claim) => takeKey(db, { ...claim }),
    takeWithJob: (claim, job) =>
      transaction(db, async (begun) => {
        const taking = await takeKey(begun, { ...claim, jobId: job.id });
        if (taking.kind === "taken") await insertJobs(begun, [job]);
        return taking;
      }),
    async answer(taker, { fingerprint, answer: { statusCode, headers, body } }) {
      const { numUpdatedRows } = await db
        .updateTable("idempotency_keys")
        .set({
          fingerprint,
          status_code: statusCode,
          headers_json: JSON.stringify(headers),
          body: body === null ? null : storableBody(body),
          owner: null,
          lease_until_ms: null,
        })
        .where((row) => row.and(openRowOf(taker)))
        .where("status_code", "is", null)
        .executeTakeFirst();
      return numUpdatedRows > 0n;
    },
    async release(taker) {
      const { numDeletedRows } = await db
        .deleteFrom("idempotency_keys")
        .where((row) => row.and(openRowOf(taker)))
        .where("status_code", "is", null)
        .executeTakeFirst();
      return numDeletedRows > 0n;
    },
  };
}

function openRowOf({ tenantId, scope, key, owner, requestId }: KeyTaker) {
  return { tenant_id: tenantId, scope, idempotency_key: key, owner, request_id: requestId };
}
