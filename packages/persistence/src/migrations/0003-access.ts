import { sql, type CreateTableBuilder, type Kysely } from "kysely";
import { createIndexes } from "./create-index.ts";

/** Tenants, projects, API keys, admin tokens and admin sessions. */
export async function createAccessTables(db: Kysely<unknown>): Promise<void> {
  await createTenants(db);
  await createApiKeys(db);
  await createAdminAccess(db);
}

async function createTenants(db: Kysely<unknown>): Promise<void> {
  await withVersion(db.schema.createTable("tenants"))
    .addColumn("name", "text", (column) => column.notNull())
    .addColumn("enabled", "integer", (column) => column.notNull())
    .addColumn("limits_json", "text")
    .execute();
  const nowMs = Date.now();
  for (const [id, name] of [
    ["default", "Default"],
    ["anonymous", "Anonymous"],
  ]) {
    await sql`insert into tenants (id, version, created_at_ms, updated_at_ms, name, enabled)
      values (${id}, 1, ${nowMs}, ${nowMs}, ${name}, 1)`.execute(db);
  }
  await withVersion(db.schema.createTable("projects"))
    .addColumn("tenant_id", "text", (column) => column.notNull().references("tenants.id"))
    .addColumn("name", "text", (column) => column.notNull())
    .addColumn("enabled", "integer", (column) => column.notNull())
    .addColumn("monthly_budget_nano_usd", "bigint")
    .execute();
  await createIndexes(db, [["projects_by_tenant", "projects", ["tenant_id"]]]);
}

async function createApiKeys(db: Kysely<unknown>): Promise<void> {
  await withVersion(db.schema.createTable("api_keys"))
    .addColumn("tenant_id", "text", (column) => column.notNull().references("tenants.id"))
    .addColumn("project_id", "text", (column) => column.references("projects.id"))
    .addColumn("name", "text", (column) => column.notNull())
    .addColumn("key_hash", "text", (column) => column.notNull().unique())
    .addColumn("key_prefix", "text", (column) => column.notNull())
    .addColumn("previous_key_hash", "text")
    .addColumn("previous_valid_until_ms", "bigint")
    .addColumn("scopes_json", "text", (column) => column.notNull())
    .addColumn("allowed_models_json", "text")
    .addColumn("expires_at_ms", "bigint")
    .addColumn("rotation_days", "integer")
    .addColumn("rotated_at_ms", "bigint", (column) => column.notNull())
    .addColumn("enabled", "integer", (column) => column.notNull())
    .addColumn("monthly_budget_nano_usd", "bigint")
    .addColumn("rate_limit_rps", "double precision")
    .addColumn("budget_reset_at_ms", "bigint")
    .addColumn("last_used_at_ms", "bigint")
    .execute();
  await createIndexes(db, [
    ["api_keys_by_previous_hash", "api_keys", ["previous_key_hash"]],
    ["api_keys_by_tenant", "api_keys", ["tenant_id"]],
    ["api_keys_by_project", "api_keys", ["project_id"]],
  ]);
}

async function createAdminAccess(db: Kysely<unknown>): Promise<void> {
  await withVersion(db.schema.createTable("admin_tokens"))
    .addColumn("name", "text", (column) => column.notNull())
    .addColumn("role", "text", (column) => column.notNull())
    .addColumn("token_hash", "text", (column) => column.notNull().unique())
    .addColumn("token_prefix", "text", (column) => column.notNull())
    .addColumn("enabled", "integer", (column) => column.notNull())
    .addColumn("expires_at_ms", "bigint")
    .addColumn("last_used_at_ms", "bigint")
    .execute();
  // A session ends with the token that opened it.
  await db.schema
    .createTable("admin_sessions")
    .addColumn("id_hash", "text", (column) => column.primaryKey())
    .addColumn("token_id", "text", (column) => column.references("admin_tokens.id").onDelete("cascade"))
    .addColumn("actor_name", "text", (column) => column.notNull())
    .addColumn("role", "text", (column) => column.notNull())
    .addColumn("created_at_ms", "bigint", (column) => column.notNull())
    .addColumn("expires_at_ms", "bigint", (column) => column.notNull())
    .addColumn("last_seen_at_ms", "bigint", (column) => column.notNull())
    .execute();
  await createIndexes(db, [
    ["admin_sessions_by_token", "admin_sessions", ["token_id"]],
    ["admin_sessions_by_expiry", "admin_sessions", ["expires_at_ms"]],
  ]);
}

function withVersion<Table extends string>(table: CreateTableBuilder<Table>) {
  return table
    .addColumn("id", "text", (column) => column.primaryKey())
    .addColumn("version", "bigint", (column) => column.notNull())
    .addColumn("created_at_ms", "bigint", (column) => column.notNull())
    .addColumn("updated_at_ms", "bigint", (column) => column.notNull());
}
