import type { Kysely } from "kysely";

/** Creates indexes given as name, table and columns. */
export async function createIndexes(
  db: Kysely<unknown>,
  indexes: readonly (readonly [name: string, table: string, columns: readonly string[]])[],
): Promise<void> {
  for (const [name, table, columns] of indexes) {
    await db.schema
      .createIndex(name)
      .on(table)
      .columns([...columns])
      .execute();
  }
}
