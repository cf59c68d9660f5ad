import { sql, type Kysely } from "kysely";
import { createIndexes } from "./create-index.ts";

/** Receivers of events, the events, and every attempt to deliver them. */
export async function createWebhooks(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable("webhook_endpoints")
    .addColumn("id", "text", (column) => column.primaryKey())
    .addColumn("tenant_id", "text", (column) => column.notNull())
    .addColumn("project_id", "text")
    .addColumn("name", "text", (column) => column.notNull())
    .addColumn("url", "text", (column) => column.notNull())
    .addColumn("event_types_json", "text", (column) => column.notNull())
    .addColumn("status", "text", (column) => column.notNull())
    .addColumn("disabled_reason", "text")
    .addColumn("disabled_at_ms", "bigint")
    .addColumn("failing_since_ms", "bigint")
    .addColumn("sealed_secret", "text", (column) => column.notNull())
    .addColumn("secret_hint", "text", (column) => column.notNull())
    .addColumn("sealed_old_secret", "text")
    .addColumn("old_secret_until_ms", "bigint")
    .addColumn("created_at_ms", "bigint", (column) => column.notNull())
    .addColumn("updated_at_ms", "bigint", (column) => column.notNull())
    .execute();
  await db.schema
    .createTable("webhook_signing_secrets")
    .addColumn("tenant_id", "text", (column) => column.primaryKey())
    .addColumn("sealed_secret", "text", (column) => column.notNull())
    .addColumn("secret_hint", "text", (column) => column.notNull())
    .addColumn("sealed_old_secret", "text")
    .addColumn("old_secret_until_ms", "bigint")
    .addColumn("created_at_ms", "bigint", (column) => column.notNull())
    .addColumn("updated_at_ms", "bigint", (column) => column.notNull())
    .execute();
  await db.schema
    .createTable("webhook_events")
    .addColumn("id", "text", (column) => column.primaryKey())
    .addColumn("tenant_id", "text", (column) => column.notNull())
    .addColumn("project_id", "text")
    .addColumn("type", "text", (column) => column.notNull())
    .addColumn("created_at_ms", "bigint", (column) => column.notNull())
    .addColumn("data_json", "text", (column) => column.notNull())
    .execute();
  await db.schema
    .createTable("webhook_deliveries")
    .addColumn("id", "text", (column) => column.primaryKey())
    .addColumn("event_id", "text", (column) =>
      column.notNull().references("webhook_events.id").onDelete("cascade"),
    )
    .addColumn("tenant_id", "text", (column) => column.notNull())
    .addColumn("event_type", "text", (column) => column.notNull())
    .addColumn("endpoint_id", "text")
    .addColumn("url", "text", (column) => column.notNull())
    .addColumn("sealed_secret", "text")
    .addColumn("receiver", "text", (column) => column.notNull())
    .addColumn("state", "text", (column) => column.notNull())
    .addColumn("trigger", "text", (column) => column.notNull())
    .addColumn("attempt", "integer", (column) => column.notNull())
    .addColumn("earlier_attempts", "integer", (column) => column.notNull())
    .addColumn("next_attempt_at_ms", "bigint")
    .addColumn("sent_at_ms", "bigint")
    .addColumn("created_at_ms", "bigint", (column) => column.notNull())
    .addColumn("finished_at_ms", "bigint")
    .execute();
  await db.schema
    .createTable("webhook_attempts")
    .addColumn("delivery_id", "text", (column) =>
      column.notNull().references("webhook_deliveries.id").onDelete("cascade"),
    )
    .addColumn("attempt", "integer", (column) => column.notNull())
    .addColumn("started_at_ms", "bigint", (column) => column.notNull())
    .addColumn("duration_ms", "integer", (column) => column.notNull())
    .addColumn("outcome", "text", (column) => column.notNull())
    .addColumn("status_code", "integer")
    .addColumn("response_text", "text")
    .addColumn("problem", "text")
    .addPrimaryKeyConstraint("webhook_attempts_key", ["delivery_id", "attempt"])
    .execute();
  await createIndexes(db, [
    ["webhook_endpoints_by_tenant", "webhook_endpoints", ["tenant_id", "created_at_ms", "id"]],
    ["webhook_events_by_tenant", "webhook_events", ["tenant_id", "created_at_ms", "id"]],
    ["webhook_events_by_time", "webhook_events", ["created_at_ms", "id"]],
    ["webhook_deliveries_by_event", "webhook_deliveries", ["event_id"]],
    ["webhook_deliveries_by_endpoint", "webhook_deliveries", ["endpoint_id", "created_at_ms", "id"]],
    ["webhook_deliveries_by_tenant", "webhook_deliveries", ["tenant_id", "created_at_ms", "id"]],
    ["webhook_deliveries_by_time", "webhook_deliveries", ["created_at_ms", "id"]],
  ]);
  await sql`create index webhook_deliveries_due on webhook_deliveries (receiver, next_attempt_at_ms, id) where state = 'pending'`.execute(
    db,
  );
  await sql`create index webhook_deliveries_sent on webhook_deliveries (receiver, sent_at_ms) where state = 'sending'`.execute(
    db,
  );
  // Not of all states: an index of them would be taken for the two above.
  await sql`create index webhook_deliveries_failed on webhook_deliveries (created_at_ms, id) where state = 'failed'`.execute(
    db,
  );
}
