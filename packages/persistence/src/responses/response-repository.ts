import { sql, type Kysely } from "kysely";
import type { Schema } from "../schema/schema.ts";
import { storableBody } from "../jobs/storable-body.ts";
import { deleteInBatches } from "../upkeep/delete-in-batches.ts";
import { findChain, type ChainLimits, type ResponseChain } from "./response-chain.ts";
import { responseOfRow, rowOfResponse, type StoredResponse } from "./response-row.ts";
import { whereScopedResponse, type ResponseLookup } from "./response-scope.ts";

/** How a response ended. */
interface ResponseEnding {
  readonly id: string;
  readonly responseJson: string;
  /** When it is deleted. */
  readonly expiresAtMs: number;
}

/** Responses that later requests may continue, from their acceptance to their deletion. */
export interface ResponseRepository {
  /** Whether it is new; one whose id exists already is left as it is. */
  readonly insert: (response: StoredResponse) => Promise<boolean>;
  /** Whether it ends with that: the first end that is written counts. */
  readonly finish: (ending: ResponseEnding) => Promise<boolean>;
  /** Null when it is not there, past its time, or does not belong to the tenant and project that are named. */
  readonly get: (lookup: ResponseLookup) => Promise<StoredResponse | null>;
  /** Those of these jobs that have not ended. */
  readonly unfinishedOf: (jobIds: readonly string[]) => Promise<StoredResponse[]>;
  /** The conversation up to a response. */
  readonly chain: (lookup: ResponseLookup & ChainLimits) => Promise<ResponseChain>;
  /** Deletes a response that has ended; false when there is none. */
  readonly removeEnded: (lookup: ResponseLookup) => Promise<boolean>;
  /** Takes one back that was never accepted. */
  readonly withdraw: (id: string) => Promise<void>;
  /** Deletes what is past its time; gives the number. See `deleteInBatches`. */
  readonly deleteExpired: (nowMs: number, batchRows: number) => Promise<number>;
}

/** @param db a database, or a transaction to take part in. */
export function createResponseRepository(db: Kysely<Schema>): ResponseRepository {
  return {
    async insert(response) {
      const { numInsertedOrUpdatedRows = 0n } = await db
        .insertInto("responses")
        .values(rowOfResponse(response))
        .onConflict((conflict) => conflict.column("id").doNothing())
        .executeTakeFirst();
      return numInsertedOrUpdatedRows > 0n;
    },
    async finish({ id, responseJson, expiresAtMs }) {
      const { numUpdatedRows } = await db
        .updateTable("responses")
        .set({ response_json: storableBody(responseJson), expires_at_ms: Math.round(expiresAtMs) })
        .where("id", "=", id)
        .where("response_json", "is", null)
        .executeTakeFirst();
      return numUpdatedRows > 0n;
    },
    async get(lookup) {
      const row = await db
        .selectFrom("responses")
        .selectAll()
        .where(whereScopedResponse(lookup))
        .executeTakeFirst();
      return row === undefined ? null : responseOfRow(row);
    },
    async unfinishedOf(jobIds) {
      if (jobIds.length === 0) return [];
      const rows = await db
        .selectFrom("responses")
        .selectAll()
        .where("job_id", "in", jobIds)
        .where("response_json", "is", null)
        .execute();
      return rows.map(responseOfRow);
    },
    chain: (lookup) => findChain(db, lookup),
    async removeEnded(lookup) {
      const { numDeletedRows } = await db
        .deleteFrom("responses")
        .where(whereScopedResponse(lookup))
        .where("response_json", "is not", null)
        .executeTakeFirst();
      return numDeletedRows > 0n;
    },
    async withdraw(id) {
      await db.deleteFrom("responses").where("id", "=", id).where("response_json", "is", null).execute();
    },
    deleteExpired: (nowMs, batchRows) =>
      deleteInBatches(db, {
        table: "responses",
        key: ["id"],
        where: sql`expires_at_ms <= ${Math.floor(nowMs)}`,
        batchRows,
      }),
  };
}
