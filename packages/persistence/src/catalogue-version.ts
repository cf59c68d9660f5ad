import type { Kysely, Transaction } from "kysely";
import type { Schema } from "./schema.ts";

/**
 * Runs a change of the catalogue in one transaction (the caller's, when it is in one) and raises the catalogue's version
 * when the change says that it changed something. Writers take turns: the version's row is locked first.
 */
export async function changeCatalogue<Outcome>(
  db: Kysely<Schema>,
  change: (
    transaction: Kysely<Schema>,
  ) => Promise<{ readonly isChanged: boolean; readonly outcome: Outcome }>,
): Promise<Outcome> {
  return inTransaction(db, async (transaction) => {
    // Writing the same value locks the row in both databases.
    await transaction
      .updateTable("catalogue_version")
      .set((column) => ({ version: column.ref("version") }))
      .execute();
    const { isChanged, outcome } = await change(transaction);
    if (isChanged) {
      await transaction
        .updateTable("catalogue_version")
        .set((column) => ({ version: column("version", "+", 1) }))
        .execute();
    }
    return outcome;
  });
}

/** Runs `work` in a transaction, or in the one that `db` already is. */
export function inTransaction<Outcome>(
  db: Kysely<Schema>,
  work: (transaction: Kysely<Schema>) => Promise<Outcome>,
): Promise<Outcome> {
  if (db.isTransaction) return work(db);
  return db.transaction().execute((transaction: Transaction<Schema>) => work(transaction));
}
