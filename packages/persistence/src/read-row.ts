import { DatabaseError } from "./database-error.ts";
import type { Stored } from "./catalogue/stored.ts";
import type { CatalogueColumns } from "./schema/catalogue-tables.ts";
import type { VersionedColumns } from "./schema/columns.ts";
import type { Versioned } from "./versioned-table.ts";

/** The part of a contract schema that reading needs. */
export interface Contract<Value> {
  safeParse(value: unknown): { readonly success: true; readonly data: Value } | { readonly success: false };
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
  { table, row, entry }: { readonly table: string; readonly row: CatalogueColumns; readonly entry: unknown },
): Stored<Entry> {
  return {
    ...versionedOf(row, parseContent(contract, { table, id: row.id, value: entry })),
    source: row.source,
  };
}

/** An entry with the meta data of its row. */
export function versionedOf<Entry>(row: VersionedColumns, entry: Entry): Versioned<Entry> {
  return { entry, version: row.version, createdAtMs: row.created_at_ms, updatedAtMs: row.updated_at_ms };
}

/** A contract from a type guard, for columns that no shared schema describes. */
export function contractOf<Value>(isValue: (value: unknown) => value is Value): Contract<Value> {
  return {
    safeParse: (value) => (isValue(value) ? { success: true, data: value } : { success: false }),
  };
}

export const textList = contractOf(
  (value): value is string[] => Array.isArray(value) && value.every((item) => typeof item === "string"),
);

/** A contract for a closed set of words. */
export function oneOf<Word extends string>(words: readonly Word[]): Contract<Word> {
  return contractOf((value): value is Word => words.some((word) => word === value));
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
