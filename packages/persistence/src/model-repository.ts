import { catalogueModelSchema, type CatalogueModel } from "@tokenhub/contracts";
import type { Kysely, Selectable } from "kysely";
import { changeCatalogue } from "./catalogue-version.ts";
import { planReplacement, hasContent } from "./plan-replacement.ts";
import { parseJsonColumn, parseStored } from "./read-row.ts";
import type { ModelTable, Schema } from "./schema.ts";
import type { Replacement, Stored, Write } from "./stored.ts";

export interface ModelRepository {
  /** By id. */
  readonly list: () => Promise<Stored<CatalogueModel>[]>;
  readonly get: (id: string) => Promise<Stored<CatalogueModel> | null>;
  /** Adds or replaces; writing the same content from the same source changes nothing. */
  readonly upsert: (model: CatalogueModel, write: Write) => Promise<Stored<CatalogueModel>>;
  /** False when there was none. */
  readonly remove: (id: string) => Promise<boolean>;
  /** Makes the entries of source `config` exactly `models`, in one transaction; an admin's entries stay. */
  readonly replaceConfigSourced: (
    models: readonly CatalogueModel[],
    write: Pick<Write, "nowMs">,
  ) => Promise<Replacement>;
}

/** @param db a database, or a transaction to take part in. */
export function createModelRepository(db: Kysely<Schema>): ModelRepository {
  return {
    async list() {
      const rows = await db.selectFrom("models").selectAll().orderBy("id").execute();
      return rows.map(fromRow);
    },
    async get(id) {
      const row = await find(db, id);
      return row === undefined ? null : fromRow(row);
    },
    upsert: (model, write) =>
      changeCatalogue(db, async (transaction) => {
        const content = toContent(model);
        const before = await find(transaction, model.id);
        if (before !== undefined && before.source === write.source && hasContent(before, content)) {
          return { isChanged: false, outcome: fromRow(before) };
        }
        await save(transaction, { content, write });
        return {
          isChanged: true,
          outcome: fromRow((await find(transaction, model.id)) ?? newRow(content, write)),
        };
      }),
    remove: (id) =>
      changeCatalogue(db, async (transaction) => {
        const { numDeletedRows } = await transaction
          .deleteFrom("models")
          .where("id", "=", id)
          .executeTakeFirst();
        return { isChanged: numDeletedRows > 0n, outcome: numDeletedRows > 0n };
      }),
    replaceConfigSourced: (models, { nowMs }) =>
      changeCatalogue(db, async (transaction) => {
        const contents = models.map(toContent);
        const existing = await transaction.selectFrom("models").selectAll().execute();
        const plan = planReplacement<Content>(existing, contents);
        const written = new Set([...plan.added, ...plan.changed]);
        for (const content of contents.filter(({ id }) => written.has(id))) {
          await save(transaction, { content, write: { source: "config", nowMs } });
        }
        if (plan.removed.length > 0) {
          await transaction.deleteFrom("models").where("id", "in", plan.removed).execute();
        }
        return { isChanged: written.size + plan.removed.length > 0, outcome: plan };
      }),
  };
}

type Row = Selectable<ModelTable>;
type Content = Omit<Row, "source" | "version" | "created_at_ms" | "updated_at_ms">;

function find(db: Kysely<Schema>, id: string): Promise<Row | undefined> {
  return db.selectFrom("models").selectAll().where("id", "=", id).executeTakeFirst();
}

async function save(
  db: Kysely<Schema>,
  { content, write }: { readonly content: Content; readonly write: Write },
): Promise<void> {
  await db
    .insertInto("models")
    .values(newRow(content, write))
    .onConflict((conflict) =>
      conflict.column("id").doUpdateSet((column) => ({
        ...content,
        source: write.source,
        version: column("models.version", "+", 1),
        updated_at_ms: write.nowMs,
      })),
    )
    .execute();
}

function newRow(content: Content, { source, nowMs }: Write): Row {
  return { ...content, source, version: 1, created_at_ms: nowMs, updated_at_ms: nowMs };
}

function toContent(model: CatalogueModel): Content {
  return {
    id: model.id,
    provider_id: model.providerId,
    upstream_name: model.upstreamName,
    enabled: model.enabled ? 1 : 0,
    weight: model.weight,
    context_tokens: model.contextTokens,
    max_output_tokens: model.maxOutputTokens,
    input_per_1k_usd: model.price?.inputPer1kUsd ?? null,
    output_per_1k_usd: model.price?.outputPer1kUsd ?? null,
    capabilities_json: model.capabilities === null ? null : JSON.stringify(model.capabilities),
    expected_latency_ms: model.expectedLatencyMs,
  };
}

function fromRow(row: Row): Stored<CatalogueModel> {
  const { input_per_1k_usd: inputPer1kUsd, output_per_1k_usd: outputPer1kUsd } = row;
  return parseStored(catalogueModelSchema, {
    table: "models",
    row,
    entry: {
      id: row.id,
      providerId: row.provider_id,
      upstreamName: row.upstream_name,
      enabled: row.enabled === 1,
      weight: row.weight,
      contextTokens: row.context_tokens,
      maxOutputTokens: row.max_output_tokens,
      price: inputPer1kUsd === null || outputPer1kUsd === null ? null : { inputPer1kUsd, outputPer1kUsd },
      capabilities: parseJsonColumn(row.capabilities_json),
      expectedLatencyMs: row.expected_latency_ms,
    },
  });
}
