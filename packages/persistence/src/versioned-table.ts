import type { Kysely } from "kysely";
import { selectPage, type Condition, type Page, type PageRequest, type Sort } from "./page.ts";
import type { VersionedColumns } from "./schema/columns.ts";
import type { Schema } from "./schema/schema.ts";

/** An entry that several people may edit, with what the database knows about it. */
export interface Versioned<Entry> {
  readonly entry: Entry;
  /** 1 for a new entry, one more with every change of its content. */
  readonly version: number;
  readonly createdAtMs: number;
  readonly updatedAtMs: number;
}

export type Created<Kept> =
  | { readonly kind: "created"; readonly stored: Kept }
  | { readonly kind: "exists"; readonly current: Kept };

export type Updated<Kept> =
  /** `isChanged` is false when the entry was like that already; its version stays then. */
  | { readonly kind: "updated"; readonly stored: Kept; readonly isChanged: boolean }
  | { readonly kind: "missing" }
  | { readonly kind: "version_mismatch"; readonly current: Kept };

export type Removed<Kept> =
  | { readonly kind: "removed"; readonly stored: Kept }
  | { readonly kind: "missing" }
  | { readonly kind: "version_mismatch"; readonly current: Kept };

/** The version the writer has seen; null or absent: write whatever it is now. */
export interface Expectation {
  readonly expectedVersion?: number | null;
}

/** Fields to replace; the others stay. */
export type Patch<Entry> = { readonly [Name in Exclude<keyof Entry, "id">]?: Entry[Name] | undefined };

type VersionedTableName = {
  [Name in keyof Schema]: Schema[Name] extends VersionedColumns ? Name : never;
}[keyof Schema];

type ColumnValue = string | number | null;
type Columns = Readonly<Record<string, ColumnValue>>;
type VersionedRow = VersionedColumns & Record<string, ColumnValue>;

/** How a table holds its entries. */
export interface VersionedTable<Name extends VersionedTableName, Entry, Kept extends Versioned<Entry>> {
  readonly name: Name;
  /** Every column of an entry's own, the id included. */
  readonly toColumns: (entry: Entry) => Omit<Schema[Name], MetaColumn>;
  /** @throws DatabaseError when the row does not fit this release. */
  readonly fromRow: (row: Schema[Name]) => Kept;
}

/** Columns that the database keeps for itself. */
type MetaColumn =
  | "version"
  | "created_at_ms"
  | "updated_at_ms"
  | "source"
  | "last_used_at_ms"
  | "last_at_ms"
  | "last_job_id"
  | "last_problem";

/**
 * The writes and reads that all versioned tables share. `stamp` is columns beside the entry that every write sets.
 * Nothing here locks: a write names the version it has read, and starts again when that is gone.
 */
export function onVersionedTable<
  Name extends VersionedTableName,
  Entry extends { readonly id: string },
  Kept extends Versioned<Entry>,
>(db: Kysely<Schema>, table: VersionedTable<Name, Entry, Kept>) {
  // Every versioned table looks alike here; its own columns are the business of `table`.
  const rows = db as unknown as Kysely<Record<"versioned", VersionedRow>>;
  const name = table.name as unknown as "versioned";
  const read = (row: VersionedRow): Kept => table.fromRow(row as unknown as Schema[Name]);
  const columnsOf = (entry: Entry): Columns => table.toColumns(entry) as unknown as Columns;

  function find(id: string): Promise<VersionedRow | undefined> {
    return rows.selectFrom(name).selectAll().where("id", "=", id).executeTakeFirst() as Promise<
      VersionedRow | undefined
    >;
  }

  async function get(id: string): Promise<Kept | null> {
    const row = await find(id);
    return row === undefined ? null : read(row);
  }

  async function list(): Promise<Kept[]> {
    const found = await rows.selectFrom(name).selectAll().orderBy("id").execute();
    return (found as VersionedRow[]).map(read);
  }

  async function page({
    conditions,
    sort,
    ...page
  }: PageRequest & { readonly conditions: readonly Condition[]; readonly sort: Sort<string> }): Promise<
    Page<Kept>
  > {
    const { items, total } = await selectPage<VersionedRow>(db, {
      ...page,
      table: table.name,
      conditions,
      orderBy: [
        { column: sort.by, direction: sort.direction, isNullable: true },
        { column: "id", direction: "asc" },
      ],
    });
    return { items: items.map(read), total };
  }

  async function create(
    entry: Entry,
    { nowMs, stamp = {} }: { readonly nowMs: number; readonly stamp?: Columns },
  ): Promise<Created<Kept>> {
    const row = {
      ...columnsOf(entry),
      ...stamp,
      version: 1,
      created_at_ms: nowMs,
      updated_at_ms: nowMs,
    } as unknown as VersionedRow;
    const inserted = await rows
      .insertInto(name)
      .values(row)
      .onConflict((conflict) => conflict.column("id").doNothing())
      .returningAll()
      .executeTakeFirst();
    if (inserted !== undefined) return { kind: "created", stored: read(inserted as VersionedRow) };
    const current = await find(entry.id);
    if (current === undefined) return create(entry, { nowMs, stamp });
    return { kind: "exists", current: read(current) };
  }

  function update(
    id: string,
    {
      change,
      nowMs,
      expectedVersion = null,
      stamp = {},
    }: Expectation & {
      readonly change: (current: Entry) => Entry;
      readonly nowMs: number;
      readonly stamp?: Columns;
    },
  ): Promise<Updated<Kept>> {
    return attempt(async () => {
      const before = await find(id);
      if (before === undefined) return { kind: "missing" };
      const current = read(before);
      if (expectedVersion !== null && current.version !== expectedVersion) {
        return { kind: "version_mismatch", current };
      }
      const columns = { ...columnsOf(change(current.entry)), ...stamp };
      if (Object.entries(columns).every(([column, value]) => before[column] === value)) {
        return { kind: "updated", stored: current, isChanged: false };
      }
      const after = await rows
        .updateTable(name)
        .set({ ...columns, version: before.version + 1, updated_at_ms: nowMs } as unknown as VersionedRow)
        .where("id", "=", id)
        .where("version", "=", before.version)
        .returningAll()
        .executeTakeFirst();
      return after === undefined
        ? null
        : { kind: "updated", stored: read(after as VersionedRow), isChanged: true };
    });
  }

  function remove(id: string, { expectedVersion = null }: Expectation = {}): Promise<Removed<Kept>> {
    return attempt(async () => {
      const before = await find(id);
      if (before === undefined) return { kind: "missing" };
      if (expectedVersion !== null && before.version !== expectedVersion) {
        return { kind: "version_mismatch", current: read(before) };
      }
      const { numDeletedRows } = await rows
        .deleteFrom(name)
        .where("id", "=", id)
        .where("version", "=", before.version)
        .executeTakeFirst();
      return numDeletedRows === 0n ? null : { kind: "removed", stored: read(before) };
    });
  }

  return { get, list, page, create, update, remove };
}

const mostAttempts = 20;

/** Repeats a read with a conditional write until nobody else came between them. */
async function attempt<Outcome>(work: () => Promise<Outcome | null>): Promise<Outcome> {
  for (let attempts = 0; attempts < mostAttempts; attempts += 1) {
    const outcome = await work();
    if (outcome !== null) return outcome;
  }
  throw new Error(`A row was changed ${mostAttempts} times while it was being written`);
}

/** The entry with the fields of a patch in place of its own. */
export function applyPatch<Entry extends object>(entry: Entry, patch: Patch<Entry>): Entry {
  const given = Object.entries(patch).filter(([name, value]) => name !== "id" && value !== undefined);
  return { ...entry, ...Object.fromEntries(given) };
}
