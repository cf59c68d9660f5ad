import { CompiledQuery, PostgresAdapter, type Insertable, type Kysely } from "kysely";
import type { Schema } from "./schema/schema.ts";

/** SQLite takes 32,766 parameters in one statement. */
const mostParameters = 32_000;

/**
 * Inserts many rows with few statements. The text is put together here, because building it node by node costs as much as
 * the insertion itself, on the recorder's path. All rows have the same columns.
 * @param clause what follows the values, e.g. `on conflict do nothing returning event_id`; never text from outside.
 * @returns the rows of the `returning` part, when there is one.
 */
export async function insertRows<Name extends keyof Schema, Returned = never>(
  db: Kysely<Schema>,
  {
    table,
    rows,
    clause,
  }: { readonly table: Name; readonly rows: readonly Insertable<Schema[Name]>[]; readonly clause: string },
): Promise<Returned[]> {
  const first = rows[0];
  if (first === undefined) return [];
  const columns = Object.keys(first) as (keyof Insertable<Schema[Name]>)[];
  const chunkSize = Math.floor(mostParameters / columns.length);
  const isPostgres = db.getExecutor().adapter instanceof PostgresAdapter;
  const returned: Returned[] = [];
  for (let start = 0; start < rows.length; start += chunkSize) {
    const chunk = rows.slice(start, start + chunkSize);
    const values = placeholders({ rows: chunk.length, columns: columns.length, isPostgres });
    const text = `insert into ${table} (${columns.join(", ")}) values ${values} ${clause}`;
    const parameters: unknown[] = [];
    for (const row of chunk) for (const column of columns) parameters.push(row[column]);
    const result = await db.executeQuery<Returned>(CompiledQuery.raw(text, parameters));
    returned.push(...result.rows);
  }
  return returned;
}

function placeholders({
  rows,
  columns,
  isPostgres,
}: {
  readonly rows: number;
  readonly columns: number;
  readonly isPostgres: boolean;
}): string {
  const groups = Array.from({ length: rows }, (_, row) => {
    const marks = Array.from({ length: columns }, (_mark, column) =>
      isPostgres ? `$${row * columns + column + 1}` : "?",
    );
    return `(${marks.join(",")})`;
  });
  return groups.join(",");
}
