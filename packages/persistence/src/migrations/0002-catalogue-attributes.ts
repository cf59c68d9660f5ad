import { sql, type ColumnDataType, type Kysely } from "kysely";
import { createIndexes } from "./create-index.ts";

/** Attributes of providers and models, weighted variants of aliases, and who a request is accounted to. */
export async function addCatalogueAttributes(db: Kysely<unknown>): Promise<void> {
  // Until now a credential could only come from the configuration.
  await addColumn(db, { table: "providers", name: "credential_source", type: "text", default: "env" });
  await addColumn(db, { table: "providers", name: "rate_limit_json", type: "text" });
  await addColumn(db, { table: "models", name: "price_source", type: "text" });
  await addColumn(db, { table: "models", name: "context_source", type: "text" });
  await addColumn(db, { table: "models", name: "tool_name_map_json", type: "text", default: "{}" });
  await addColumn(db, { table: "models", name: "gemma4_output", type: "integer", default: 0 });
  // Until now only an operator could say what a model costs and how much it takes.
  await sql`update models set price_source = 'manual' where input_per_1k_usd is not null and output_per_1k_usd is not null`.execute(
    db,
  );
  await sql`update models set context_source = 'manual' where context_tokens > 0`.execute(db);
  await createIndexes(db, [["models_by_provider", "models", ["provider_id"]]]);
  await giveAliasesVariants(db);
  await createRemovals(db);
  await addRequestLogColumns(db);
}

/** Every model of an alias becomes a variant of weight 1, chosen as before: by the request's strategy. */
async function giveAliasesVariants(db: Kysely<unknown>): Promise<void> {
  await addColumn(db, { table: "aliases", name: "variants_json", type: "text", default: "[]" });
  await addColumn(db, { table: "aliases", name: "enabled", type: "integer", default: 1 });
  await addColumn(db, { table: "aliases", name: "sticky_by", type: "text", default: "scored" });
  const { rows } = await sql<{
    id: string;
    model_ids_json: string;
  }>`select id, model_ids_json from aliases`.execute(db);
  for (const { id, model_ids_json } of rows) {
    const modelIds = JSON.parse(model_ids_json) as readonly string[];
    const variants = JSON.stringify(modelIds.map((modelId) => ({ modelId, weight: 1 })));
    await sql`update aliases set variants_json = ${variants} where id = ${id}`.execute(db);
  }
  await db.schema.alterTable("aliases").dropColumn("model_ids_json").execute();
}

async function addRequestLogColumns(db: Kysely<unknown>): Promise<void> {
  for (const name of ["key_id", "project_id", "alias_id", "strategy", "routing_mode", "refusal_json"]) {
    await addColumn(db, { table: "request_log", name, type: "text" });
  }
  await addColumn(db, { table: "request_log", name: "estimated_cost_nano_usd", type: "bigint" });
  // Few rows have an error, so their index costs nearly nothing.
  await db.schema
    .createIndex("request_log_by_error_and_time")
    .on("request_log")
    .columns(["error_code", "accepted_at_ms"])
    .where(sql.ref("error_code"), "is not", null)
    .execute();
  // Lists are filtered by one of these and sorted by time; the first release could do only one of both.
  await db.schema.dropIndex("request_log_by_model").execute();
  await db.schema.dropIndex("request_log_by_provider").execute();
  await createIndexes(db, [
    ["request_log_by_model_and_time", "request_log", ["model_id", "accepted_at_ms"]],
    ["request_log_by_provider_and_time", "request_log", ["provider_id", "accepted_at_ms"]],
    // With the cost, so that the spend since a budget's reset is summed without reading rows.
    ["request_log_by_key_and_time", "request_log", ["key_id", "accepted_at_ms", "cost_nano_usd"]],
    // Everything that statistics need, so that they read no row with its long texts.
    [
      "request_log_for_statistics",
      "request_log",
      [
        "finished_at_ms",
        "model_id",
        "provider_id",
        "key_id",
        "routing_mode",
        "outcome",
        "duration_ms",
        "cost_nano_usd",
        "input_tokens",
        "output_tokens",
      ],
    ],
  ]);
}

/** What an admin has removed stays removed, although the configuration goes on naming it. */
async function createRemovals(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable("catalogue_removals")
    .addColumn("kind", "text", (column) => column.notNull())
    .addColumn("id", "text", (column) => column.notNull())
    .addColumn("removed_at_ms", "bigint", (column) => column.notNull())
    .addPrimaryKeyConstraint("catalogue_removals_key", ["kind", "id"])
    .execute();
}

/** With a default the column is never null. SQLite takes one column per statement. */
async function addColumn(
  db: Kysely<unknown>,
  column: {
    readonly table: string;
    readonly name: string;
    readonly type: ColumnDataType;
    readonly default?: string | number;
  },
): Promise<void> {
  await db.schema
    .alterTable(column.table)
    .addColumn(column.name, column.type, (definition) =>
      column.default === undefined ? definition : definition.notNull().defaultTo(column.default),
    )
    .execute();
}
