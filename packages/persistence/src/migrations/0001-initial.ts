import { sql, type CreateTableBuilder, type Kysely } from "kysely";

/** Catalogue, request log and call incidents. */
export async function createInitialTables(db: Kysely<unknown>): Promise<void> {
  await createCatalogue(db);
  await createRequestLog(db);
  await createCallIncidents(db);
}

async function createCatalogue(db: Kysely<unknown>): Promise<void> {
  await withCatalogueColumns(db.schema.createTable("providers"))
    .addColumn("type", "text", (column) => column.notNull())
    .addColumn("enabled", "integer", (column) => column.notNull())
    .addColumn("base_url", "text")
    .addColumn("timeout_ms", "bigint", (column) => column.notNull())
    .addColumn("concurrency", "integer", (column) => column.notNull())
    .addColumn("headers_json", "text", (column) => column.notNull())
    .addColumn("options_json", "text", (column) => column.notNull())
    .execute();
  // No foreign key: a configuration may drop a provider that an admin's model still names; the router skips that model.
  await withCatalogueColumns(db.schema.createTable("models"))
    .addColumn("provider_id", "text", (column) => column.notNull())
    .addColumn("upstream_name", "text", (column) => column.notNull())
    .addColumn("enabled", "integer", (column) => column.notNull())
    .addColumn("weight", "double precision", (column) => column.notNull())
    .addColumn("context_tokens", "bigint", (column) => column.notNull())
    .addColumn("max_output_tokens", "bigint")
    .addColumn("input_per_1k_usd", "double precision")
    .addColumn("output_per_1k_usd", "double precision")
    .addColumn("capabilities_json", "text")
    .addColumn("expected_latency_ms", "double precision")
    .execute();
  await withCatalogueColumns(db.schema.createTable("aliases"))
    .addColumn("model_ids_json", "text", (column) => column.notNull())
    .execute();
  await db.schema
    .createTable("catalogue_version")
    .addColumn("id", "integer", (column) => column.primaryKey())
    .addColumn("version", "bigint", (column) => column.notNull())
    .execute();
  await sql`insert into catalogue_version (id, version) values (1, 0)`.execute(db);
}

function withCatalogueColumns<Table extends string>(table: CreateTableBuilder<Table>) {
  return table
    .addColumn("id", "text", (column) => column.primaryKey())
    .addColumn("source", "text", (column) => column.notNull())
    .addColumn("version", "bigint", (column) => column.notNull())
    .addColumn("created_at_ms", "bigint", (column) => column.notNull())
    .addColumn("updated_at_ms", "bigint", (column) => column.notNull());
}

async function createRequestLog(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable("request_log")
    .addColumn("request_id", "text", (column) => column.primaryKey())
    .addColumn("event_id", "text", (column) => column.notNull().unique())
    .addColumn("tenant_id", "text", (column) => column.notNull())
    .addColumn("lane", "text", (column) => column.notNull())
    .addColumn("operation", "text", (column) => column.notNull())
    .addColumn("caller_format", "text", (column) => column.notNull())
    .addColumn("event_type", "text", (column) => column.notNull())
    .addColumn("outcome", "text", (column) => column.notNull())
    .addColumn("error_code", "text")
    .addColumn("failure_class", "text")
    .addColumn("model_id", "text")
    .addColumn("provider_id", "text")
    .addColumn("upstream_model", "text")
    .addColumn("requested_model", "text")
    .addColumn("stream", "integer", (column) => column.notNull())
    .addColumn("accepted_at_ms", "bigint", (column) => column.notNull())
    .addColumn("finished_at_ms", "bigint", (column) => column.notNull())
    .addColumn("duration_ms", "bigint", (column) => column.notNull())
    .addColumn("time_to_first_token_ms", "bigint")
    .addColumn("input_tokens", "bigint")
    .addColumn("output_tokens", "bigint")
    .addColumn("cache_read_tokens", "bigint")
    .addColumn("cache_write_tokens", "bigint")
    .addColumn("reasoning_tokens", "bigint")
    .addColumn("usage_source", "text")
    .addColumn("attempt_count", "integer", (column) => column.notNull())
    .addColumn("ambiguous_calls", "integer", (column) => column.notNull())
    .addColumn("estimated_input_tokens", "bigint", (column) => column.notNull())
    .addColumn("cost_nano_usd", "bigint")
    .addColumn("orchestration_mode", "text", (column) => column.notNull().defaultTo("simple"))
    .addColumn("decision_json", "text")
    .addColumn("attempts_json", "text", (column) => column.notNull())
    .addColumn("warnings_json", "text", (column) => column.notNull())
    .execute();
  const indexes = [
    ["request_log_by_time", ["accepted_at_ms"]],
    ["request_log_by_tenant_and_time", ["tenant_id", "accepted_at_ms"]],
    ["request_log_by_model", ["model_id"]],
    ["request_log_by_provider", ["provider_id"]],
  ] as const;
  for (const [name, columns] of indexes) {
    await db.schema
      .createIndex(name)
      .on("request_log")
      .columns([...columns])
      .execute();
  }
}

async function createCallIncidents(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable("call_incidents")
    .addColumn("event_id", "text", (column) => column.primaryKey())
    .addColumn("kind", "text", (column) => column.notNull())
    .addColumn("request_id", "text", (column) => column.notNull())
    .addColumn("tenant_id", "text", (column) => column.notNull())
    .addColumn("model_id", "text", (column) => column.notNull())
    .addColumn("provider_id", "text", (column) => column.notNull())
    .addColumn("occurred_at_ms", "bigint", (column) => column.notNull())
    .addColumn("usage_json", "text")
    .execute();
  await db.schema
    .createIndex("call_incidents_by_request")
    .on("call_incidents")
    .column("request_id")
    .execute();
}
