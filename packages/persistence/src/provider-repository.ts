import { catalogueProviderSchema, type CatalogueProvider } from "@tokenhub/contracts";
import type { Kysely, Selectable } from "kysely";
import { changeCatalogue } from "./catalogue-version.ts";
import { planReplacement, hasContent } from "./plan-replacement.ts";
import { parseJsonColumn, parseStored } from "./read-row.ts";
import type { ProviderTable, Schema } from "./schema.ts";
import type { Replacement, Stored, Write } from "./stored.ts";

export interface ProviderRepository {
  /** By id. */
  readonly list: () => Promise<Stored<CatalogueProvider>[]>;
  readonly get: (id: string) => Promise<Stored<CatalogueProvider> | null>;
  /** Adds or replaces; writing the same content from the same source changes nothing. */
  readonly upsert: (provider: CatalogueProvider, write: Write) => Promise<Stored<CatalogueProvider>>;
  /** False when there was none. */
  readonly remove: (id: string) => Promise<boolean>;
  /** Makes the entries of source `config` exactly `providers`, in one transaction; an admin's entries stay. */
  readonly replaceConfigSourced: (
    providers: readonly CatalogueProvider[],
    write: Pick<Write, "nowMs">,
  ) => Promise<Replacement>;
}

/** @param db a database, or a transaction to take part in. */
export function createProviderRepository(db: Kysely<Schema>): ProviderRepository {
  return {
    async list() {
      const rows = await db.selectFrom("providers").selectAll().orderBy("id").execute();
      return rows.map(fromRow);
    },
    async get(id) {
      const row = await find(db, id);
      return row === undefined ? null : fromRow(row);
    },
    upsert: (provider, write) =>
      changeCatalogue(db, async (transaction) => {
        const content = toContent(provider);
        const before = await find(transaction, provider.id);
        if (before !== undefined && before.source === write.source && hasContent(before, content)) {
          return { isChanged: false, outcome: fromRow(before) };
        }
        await save(transaction, { content, write });
        return {
          isChanged: true,
          outcome: fromRow((await find(transaction, provider.id)) ?? newRow(content, write)),
        };
      }),
    remove: (id) =>
      changeCatalogue(db, async (transaction) => {
        const { numDeletedRows } = await transaction
          .deleteFrom("providers")
          .where("id", "=", id)
          .executeTakeFirst();
        return { isChanged: numDeletedRows > 0n, outcome: numDeletedRows > 0n };
      }),
    replaceConfigSourced: (providers, { nowMs }) =>
      changeCatalogue(db, async (transaction) => {
        const contents = providers.map(toContent);
        const existing = await transaction.selectFrom("providers").selectAll().execute();
        const plan = planReplacement<Content>(existing, contents);
        const written = new Set([...plan.added, ...plan.changed]);
        for (const content of contents.filter(({ id }) => written.has(id))) {
          await save(transaction, { content, write: { source: "config", nowMs } });
        }
        if (plan.removed.length > 0) {
          await transaction.deleteFrom("providers").where("id", "in", plan.removed).execute();
        }
        return { isChanged: written.size + plan.removed.length > 0, outcome: plan };
      }),
  };
}

type Row = Selectable<ProviderTable>;
type Content = Omit<Row, "source" | "version" | "created_at_ms" | "updated_at_ms">;

function find(db: Kysely<Schema>, id: string): Promise<Row | undefined> {
  return db.selectFrom("providers").selectAll().where("id", "=", id).executeTakeFirst();
}

async function save(
  db: Kysely<Schema>,
  { content, write }: { readonly content: Content; readonly write: Write },
): Promise<void> {
  await db
    .insertInto("providers")
    .values(newRow(content, write))
    .onConflict((conflict) =>
      conflict.column("id").doUpdateSet((column) => ({
        ...content,
        source: write.source,
        version: column("providers.version", "+", 1),
        updated_at_ms: write.nowMs,
      })),
    )
    .execute();
}

function newRow(content: Content, { source, nowMs }: Write): Row {
  return { ...content, source, version: 1, created_at_ms: nowMs, updated_at_ms: nowMs };
}

/** Column by column, so that nothing else of a configured provider (its credential) can reach the database. */
function toContent(provider: CatalogueProvider): Content {
  return {
    id: provider.id,
    type: provider.type,
    enabled: provider.enabled ? 1 : 0,
    base_url: provider.baseUrl,
    timeout_ms: provider.timeoutMs,
    concurrency: provider.concurrency,
    headers_json: JSON.stringify(provider.headers),
    options_json: JSON.stringify(provider.options),
  };
}

function fromRow(row: Row): Stored<CatalogueProvider> {
  return parseStored(catalogueProviderSchema, {
    table: "providers",
    row,
    entry: {
      id: row.id,
      type: row.type,
      enabled: row.enabled === 1,
      baseUrl: row.base_url,
      timeoutMs: row.timeout_ms,
      concurrency: row.concurrency,
      headers: parseJsonColumn(row.headers_json),
      options: parseJsonColumn(row.options_json),
    },
  });
}
