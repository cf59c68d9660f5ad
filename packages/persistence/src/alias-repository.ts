import { catalogueAliasSchema, type CatalogueAlias } from "@tokenhub/contracts";
import type { Kysely, Selectable } from "kysely";
import { changeCatalogue } from "./catalogue-version.ts";
import { planReplacement, hasContent } from "./plan-replacement.ts";
import { parseJsonColumn, parseStored } from "./read-row.ts";
import type { AliasTable, Schema } from "./schema.ts";
import type { Replacement, Stored, Write } from "./stored.ts";

export interface AliasRepository {
  /** By id. */
  readonly list: () => Promise<Stored<CatalogueAlias>[]>;
  readonly get: (id: string) => Promise<Stored<CatalogueAlias> | null>;
  /** Adds or replaces; writing the same content from the same source changes nothing. */
  readonly upsert: (alias: CatalogueAlias, write: Write) => Promise<Stored<CatalogueAlias>>;
  /** False when there was none. */
  readonly remove: (id: string) => Promise<boolean>;
  /** Makes the entries of source `config` exactly `aliases`, in one transaction; an admin's entries stay. */
  readonly replaceConfigSourced: (
    aliases: readonly CatalogueAlias[],
    write: Pick<Write, "nowMs">,
  ) => Promise<Replacement>;
}

/** @param db a database, or a transaction to take part in. */
export function createAliasRepository(db: Kysely<Schema>): AliasRepository {
  return {
    async list() {
      const rows = await db.selectFrom("aliases").selectAll().orderBy("id").execute();
      return rows.map(fromRow);
    },
    async get(id) {
      const row = await find(db, id);
      return row === undefined ? null : fromRow(row);
    },
    upsert: (alias, write) =>
      changeCatalogue(db, async (transaction) => {
        const content = toContent(alias);
        const before = await find(transaction, alias.id);
        if (before !== undefined && before.source === write.source && hasContent(before, content)) {
          return { isChanged: false, outcome: fromRow(before) };
        }
        await save(transaction, { content, write });
        return {
          isChanged: true,
          outcome: fromRow((await find(transaction, alias.id)) ?? newRow(content, write)),
        };
      }),
    remove: (id) =>
      changeCatalogue(db, async (transaction) => {
        const { numDeletedRows } = await transaction
          .deleteFrom("aliases")
          .where("id", "=", id)
          .executeTakeFirst();
        return { isChanged: numDeletedRows > 0n, outcome: numDeletedRows > 0n };
      }),
    replaceConfigSourced: (aliases, { nowMs }) =>
      changeCatalogue(db, async (transaction) => {
        const contents = aliases.map(toContent);
        const existing = await transaction.selectFrom("aliases").selectAll().execute();
        const plan = planReplacement<Content>(existing, contents);
        const written = new Set([...plan.added, ...plan.changed]);
        for (const content of contents.filter(({ id }) => written.has(id))) {
          await save(transaction, { content, write: { source: "config", nowMs } });
        }
        if (plan.removed.length > 0) {
          await transaction.deleteFrom("aliases").where("id", "in", plan.removed).execute();
        }
        return { isChanged: written.size + plan.removed.length > 0, outcome: plan };
      }),
  };
}

type Row = Selectable<AliasTable>;
type Content = Omit<Row, "source" | "version" | "created_at_ms" | "updated_at_ms">;

function find(db: Kysely<Schema>, id: string): Promise<Row | undefined> {
  return db.selectFrom("aliases").selectAll().where("id", "=", id).executeTakeFirst();
}

async function save(
  db: Kysely<Schema>,
  { content, write }: { readonly content: Content; readonly write: Write },
): Promise<void> {
  await db
    .insertInto("aliases")
    .values(newRow(content, write))
    .onConflict((conflict) =>
      conflict.column("id").doUpdateSet((column) => ({
        ...content,
        source: write.source,
        version: column("aliases.version", "+", 1),
        updated_at_ms: write.nowMs,
      })),
    )
    .execute();
}

function newRow(content: Content, { source, nowMs }: Write): Row {
  return { ...content, source, version: 1, created_at_ms: nowMs, updated_at_ms: nowMs };
}

function toContent(alias: CatalogueAlias): Content {
  return { id: alias.id, model_ids_json: JSON.stringify(alias.modelIds) };
}

function fromRow(row: Row): Stored<CatalogueAlias> {
  return parseStored(catalogueAliasSchema, {
    table: "aliases",
    row,
    entry: { id: row.id, modelIds: parseJsonColumn(row.model_ids_json) },
  });
}
