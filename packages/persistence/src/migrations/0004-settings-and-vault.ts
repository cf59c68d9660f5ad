import { sql, type Kysely } from "kysely";

/** Settings, the routing defaults, the sealed vault, and the counters of ordered ids. */
export async function createSettingsAndVault(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable("settings")
    .addColumn("name", "text", (column) => column.primaryKey())
    .addColumn("value_json", "text", (column) => column.notNull())
    .addColumn("updated_at_ms", "bigint", (column) => column.notNull())
    .execute();
  await db.schema
    .createTable("routing_config")
    .addColumn("id", "integer", (column) => column.primaryKey())
    .addColumn("strategy", "text", (column) => column.notNull())
    .addColumn("default_mode", "text", (column) => column.notNull())
    .addColumn("default_max_budget_nano_usd", "bigint")
    .addColumn("default_max_latency_ms", "double precision")
    .addColumn("allow_exploration", "integer", (column) => column.notNull())
    .addColumn("exploration_share", "double precision", (column) => column.notNull())
    .addColumn("exploration_temperature", "double precision", (column) => column.notNull())
    .addColumn("version", "bigint", (column) => column.notNull())
    .addColumn("updated_at_ms", "bigint", (column) => column.notNull())
    .execute();
  await createVault(db);
  await db.schema
    .createTable("sequences")
    .addColumn("name", "text", (column) => column.primaryKey())
    .addColumn("last_value", "bigint", (column) => column.notNull())
    .execute();
  await sql`insert into sequences (name, last_value) values ('audit_log', 0), ('events', 0)`.execute(db);
}

async function createVault(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable("vault_envelope")
    .addColumn("id", "integer", (column) => column.primaryKey())
    .addColumn("revision", "bigint", (column) => column.notNull())
    .addColumn("envelope_json", "text", (column) => column.notNull())
    .addColumn("updated_at_ms", "bigint", (column) => column.notNull())
    .execute();
  await db.schema
    .createTable("vault_entries")
    .addColumn("name", "text", (column) => column.primaryKey())
    .addColumn("data_key_id", "text", (column) => column.notNull())
    .addColumn("sealed", "text", (column) => column.notNull())
    .addColumn("version", "bigint", (column) => column.notNull())
    .addColumn("updated_at_ms", "bigint", (column) => column.notNull())
    .execute();
}
