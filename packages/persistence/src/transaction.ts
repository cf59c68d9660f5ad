import type { Kysely, Transaction } from "kysely";
import type { Schema } from "./schema/schema.ts";

/**
 * Runs `work` in a transaction, or in the one that `db` already is. Everything that `work` does with the database it is
 * given happens together or not at all.
 */
export function transaction<Outcome>(
  db: Kysely<Schema>,
  work: (transaction: Kysely<Schema>) => Promise<Outcome>,
): Promise<Outcome> {
  if (db.isTransaction) return work(db);
  return db.transaction().execute((begun: Transaction<Schema>) => work(begun));
}
