import { DatabaseError } from "./database-error.ts";
import type { Source } from "./schema.ts";
import type { Stored } from "./stored.ts";

/** The part of a contract schema that reading needs. */
interface Contract<Value> {
  safeParse(value: unknown): { readonly success: true; readonly data: Value } | { readonly success: false };
}

interface MetaColumns {
  readonly id: string;
  readonly source: Source;
  readonly version: number;
  readonly created_at_ms: number;
  readonly updated_at_ms: number;
}

/**
 * Checks what a row holds against its contract.
 * @throws DatabaseError naming table and row when somebody else has changed it into something unusable.
 */
export function parseContent<Value>(
  contract: Contract<Value>,
  { table, id, value }: { readonly table: string; readonly id: string; readonly value: unknown },
): Value {
  const parsed = contract.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new DatabaseError({
    what: `The row "${id}" of the table ${table} cannot be read`,
    why: "its content does not fit this release",
    next: "correct or delete the row",
  });
}

/** A row of the catalogue as an entry with its meta data. */
export function parseStored<Entry>(
  contract: Contract<Entry>,
  { table, row, entry }: { readonly table: string; readonly row: MetaColumns; readonly entry: unknown },
): Stored<Entry> {
  return {
    entry: parseContent(contract, { table, id: row.id, value: entry }),
    source: row.source,
    version: row.version,
    createdAtMs: row.created_at_ms,
    updatedAtMs: row.updated_at_ms,
  };
}

/** The value of a JSON column; text that is not JSON gives undefined, which no contract accepts. */
export function parseJsonColumn(text: string | null): unknown {
  if (text === null) return null;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    // The contract refuses undefined and names the row.
    return undefined;
  }
}
