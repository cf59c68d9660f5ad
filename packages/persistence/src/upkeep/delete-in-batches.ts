import { sql, type Kysely, type RawBuilder } from "kysely";
import { setImmediate as nextTurn } from "node:timers/promises";
import type { Schema } from "../schema/schema.ts";

/**
 * Deletes rows a batch at a time, so that neither a lock nor the synchronous SQLite driver holds anybody up for long.
 * @param key the columns that identify a row.
 * @returns the number of deleted rows.
 */
export async function deleteInBatches(
  db: Kysely<Schema>,
  {
    table,
    key,
    where,
    batchRows,
  }: {
    readonly table: keyof Schema;
    readonly key: readonly string[];
    readonly where: RawBuilder<unknown>;
    readonly batchRows: number;
  },
): Promise<number> {
  const columns = sql.join(key.map((column) => sql.ref(column)));
  let deleted = 0;
  for (;;) {
    const { numAffectedRows = 0n } = await sql`
      delete from ${sql.table(table)} where (${columns}) in
        (select ${columns} from ${sql.table(table)} where ${where} limit ${batchRows})`.execute(db);
    deleted += Number(numAffectedRows);
    if (numAffectedRows < BigInt(batchRows)) return deleted;
    await nextTurn();
  }
}
