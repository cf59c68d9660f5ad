import type { Kysely } from "kysely";
import type { Schema } from "../schema/schema.ts";
import { transaction } from "../transaction.ts";

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
  return transaction(db, async (begun) => {
    // Writing the same value locks the row in both databases.
    await begun
      .updateTable("catalogue_version")
      .set((column) => ({ version: column.ref("version") }))
      .execute();
    const { isChanged, outcome } = await change(begun);
    if (isChanged) {
      await begun
        .updateTable("catalogue_version")
        .set((column) => ({ version: column("version", "+", 1) }))
        .execute();
    }
    return outcome;
  });
}
