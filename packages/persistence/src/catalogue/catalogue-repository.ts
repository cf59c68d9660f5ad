import type { Kysely } from "kysely";
import type { Condition, Page, PageRequest, Sort } from "../page.ts";
import type { CatalogueColumns, CatalogueKind, Source } from "../schema/catalogue-tables.ts";
import type { VersionedColumns } from "../schema/columns.ts";
import type { Schema } from "../schema/schema.ts";
import {
  applyPatch,
  onVersionedTable,
  type Created,
  type Expectation,
  type Patch,
  type Removed,
  type Updated,
  type VersionedTable,
} from "../versioned-table.ts";
import { changeCatalogue } from "./catalogue-version.ts";
import { planReplacement } from "./plan-replacement.ts";
import { forgetRemovals, listRemovals, rememberRemovals } from "./removals.ts";
import type { Replacement, Stored, Write } from "./stored.ts";

/**
 * One kind of entry of the catalogue. Every write raises the catalogue's version when it changed something.
 * What an admin writes becomes the admin's (`source: "admin"`) and survives any configuration; what an admin removes
 * stays removed although the configuration names it. `handBack` gives both up again.
 */
export interface CatalogueRepository<Entry, Filters, SortKey extends string> {
  /** By id. */
  readonly list: () => Promise<Stored<Entry>[]>;
  readonly get: (id: string) => Promise<Stored<Entry> | null>;
  /** Default order: by id. */
  readonly page: (
    request: PageRequest & { readonly filters?: Filters; readonly sort?: Sort<SortKey> },
  ) => Promise<Page<Stored<Entry>>>;
  /** `source` defaults to `admin`. */
  readonly create: (entry: Entry, write: AdminWrite) => Promise<Created<Stored<Entry>>>;
  /** Replaces the fields of the patch. `source` defaults to `admin`; a price refresh passes the present one. */
  readonly update: (
    id: string,
    patch: Patch<Entry>,
    write: AdminWrite & Expectation,
  ) => Promise<Updated<Stored<Entry>>>;
  /** Adds or replaces; writing the same content from the same source changes nothing. */
  readonly upsert: (entry: Entry, write: Write) => Promise<Stored<Entry>>;
  readonly remove: (
    id: string,
    write: { readonly nowMs: number } & Expectation,
  ) => Promise<Removed<Stored<Entry>>>;
  /** Leaves an entry, or its removal, to the configuration: the next `replaceConfigSourced` decides. False when there is none. */
  readonly handBack: (id: string, write: { readonly nowMs: number }) => Promise<boolean>;
  /** Makes the entries of source `config` exactly `entries`, in one transaction; an admin's entries stay. */
  readonly replaceConfigSourced: (
    entries: readonly Entry[],
    write: Pick<Write, "nowMs">,
  ) => Promise<Replacement>;
}

export interface AdminWrite {
  readonly nowMs: number;
  readonly source?: Source;
}

interface CatalogueDefinition<Kind extends CatalogueKind, Entry, Filters, SortKey extends string> {
  readonly table: VersionedTable<Kind, Entry, Stored<Entry>>;
  readonly conditions: (filters: Filters) => Condition[];
  readonly sortColumns: Readonly<Record<SortKey, string>>;
}

type Row = CatalogueColumns & Record<string, string | number | null>;

/** The repository of one table. @param db a database, or a transaction to take part in. */
export function createCatalogueRepository<
  Kind extends CatalogueKind,
  Entry extends { readonly id: string },
  Filters extends object,
  SortKey extends string,
>(
  db: Kysely<Schema>,
  { table, conditions, sortColumns }: CatalogueDefinition<Kind, Entry, Filters, SortKey>,
): CatalogueRepository<Entry, Filters, SortKey> {
  const kind: CatalogueKind = table.name;
  const rows = onVersionedTable(db, table);

  const create = (entry: Entry, { nowMs, source = "admin" }: AdminWrite): Promise<Created<Stored<Entry>>> =>
    changeCatalogue(db, async (begun) => {
      const outcome = await onVersionedTable(begun, table).create(entry, { nowMs, stamp: { source } });
      const isChanged = outcome.kind === "created";
      if (isChanged) await forgetRemovals(begun, { kind, ids: [entry.id] });
      return { isChanged, outcome };
    });

  const change = (
    id: string,
    to: (current: Entry) => Entry,
    { source = "admin", ...write }: AdminWrite & Expectation,
  ): Promise<Updated<Stored<Entry>>> =>
    changeCatalogue(db, async (begun) => {
      const outcome = await onVersionedTable(begun, table).update(id, {
        ...write,
        change: to,
        stamp: { source },
      });
      return { isChanged: outcome.kind === "updated" && outcome.isChanged, outcome };
    });

  return {
    list: rows.list,
    get: rows.get,
    page: ({ filters, sort, ...page }) =>
      rows.page({
        ...page,
        conditions: filters === undefined ? [] : conditions(filters),
        sort: sort === undefined ? { by: "id", direction: "asc" } : { ...sort, by: sortColumns[sort.by] },
      }),
    create,
    update: (id, patch, write) => change(id, (current) => applyPatch(current, patch), write),
    async upsert(entry, write) {
      const created = await create(entry, write);
      if (created.kind === "created") return created.stored;
      const updated = await change(entry.id, () => entry, write);
      return updated.kind === "updated" ? updated.stored : created.current;
    },
    remove: (id, { nowMs, expectedVersion = null }) =>
      changeCatalogue(db, async (begun) => {
        const outcome = await onVersionedTable(begun, table).remove(id, { expectedVersion });
        const isChanged = outcome.kind === "removed";
        if (isChanged) await rememberRemovals(begun, { kind, ids: [id], nowMs });
        return { isChanged, outcome };
      }),
    handBack: (id, { nowMs }) =>
      changeCatalogue(db, async (begun) => {
        const outcome = await onVersionedTable(begun, table).update(id, {
          nowMs,
          change: (current) => current,
          stamp: { source: "config" },
        });
        const wasRemoved = (await listRemovals(begun, kind)).has(id);
        await forgetRemovals(begun, { kind, ids: [id] });
        return {
          isChanged: outcome.kind === "updated" && outcome.isChanged,
          outcome: outcome.kind === "updated" || wasRemoved,
        };
      }),
    replaceConfigSourced: (entries, { nowMs }) =>
      changeCatalogue(db, async (begun) => {
        const outcome = await replaceConfigured(begun, { kind, table, entries, nowMs });
        const { added, changed, removed } = outcome;
        return { isChanged: added.length + changed.length + removed.length > 0, outcome };
      }),
  };
}

async function replaceConfigured<Kind extends CatalogueKind, Entry extends { readonly id: string }>(
  db: Kysely<Schema>,
  {
    kind,
    table,
    entries,
    nowMs,
  }: {
    readonly kind: CatalogueKind;
    readonly table: VersionedTable<Kind, Entry, Stored<Entry>>;
    readonly entries: readonly Entry[];
    readonly nowMs: number;
  },
): Promise<Replacement> {
  const rows = onVersionedTable(db, table);
  const existing = (await db.selectFrom(kind).selectAll().execute()) as unknown as Row[];
  const removedByAdmin = await listRemovals(db, kind);
  const wanted = entries.map(
    (entry) => table.toColumns(entry) as unknown as Omit<Row, keyof VersionedColumns> & { id: string },
  );
  const plan = planReplacement<{ id: string }>(existing, wanted, { removedByAdmin });
  const stamp = { source: "config" };
  for (const entry of entries) {
    if (plan.added.includes(entry.id)) await rows.create(entry, { nowMs, stamp });
    if (plan.changed.includes(entry.id)) await rows.update(entry.id, { nowMs, stamp, change: () => entry });
  }
  for (const id of plan.removed) await rows.remove(id);
  const wantedIds = new Set(entries.map(({ id }) => id));
  await forgetRemovals(db, { kind, ids: [...removedByAdmin].filter((id) => !wantedIds.has(id)) });
  return plan;
}
