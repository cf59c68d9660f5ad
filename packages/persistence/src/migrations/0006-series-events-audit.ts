import { sql, type Kysely } from "kysely";
import { createIndexes } from "./create-index.ts";

/** Time series, the event log, and the audit log. */
export async function createSeriesEventsAudit(db: Kysely<unknown>): Promise<void> {
  await createSeries(db);
  await db.schema
    .createTable("events")
    .addColumn("id", "bigint", (column) => column.primaryKey())
    .addColumn("timestamp_ms", "bigint", (column) => column.notNull())
    .addColumn("type", "text", (column) => column.notNull())
    .addColumn("data_json", "text", (column) => column.notNull())
    .execute();
  await createAuditLog(db);
  await createIndexes(db, [["events_by_time", "events", ["timestamp_ms"]]]);
}

async function createSeries(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable("series_points")
    .addColumn("metric", "text", (column) => column.notNull())
    .addColumn("model_id", "text", (column) => column.notNull())
    .addColumn("provider_id", "text", (column) => column.notNull())
    .addColumn("resolution_s", "integer", (column) => column.notNull())
    .addColumn("bucket_ms", "bigint", (column) => column.notNull())
    .addColumn("count", "bigint", (column) => column.notNull())
    .addColumn("sum", "double precision", (column) => column.notNull())
    .addColumn("min", "double precision", (column) => column.notNull())
    .addColumn("max", "double precision", (column) => column.notNull())
    .addColumn("histogram_json", "text")
    // In the order of queries: one metric at one resolution over a span of time.
    .addPrimaryKeyConstraint("series_points_key", [
      "metric",
      "resolution_s",
      "bucket_ms",
      "model_id",
      "provider_id",
    ])
    .execute();
  await db.schema
    .createTable("series_progress")
    .addColumn("resolution_s", "integer", (column) => column.primaryKey())
    .addColumn("downsampled_until_ms", "bigint", (column) => column.notNull())
    .addColumn("pruned_before_ms", "bigint", (column) => column.notNull())
    .execute();
  await sql`insert into series_progress values (60, 0, 0), (3600, 0, 0), (86400, 0, 0)`.execute(db);
  await db.schema
    .createTable("series_changes")
    .addColumn("resolution_s", "integer", (column) => column.notNull())
    .addColumn("span_ms", "bigint", (column) => column.notNull())
    .addColumn("marks", "bigint", (column) => column.notNull())
    .addPrimaryKeyConstraint("series_changes_key", ["resolution_s", "span_ms"])
    .execute();
}

async function createAuditLog(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable("audit_log")
    .addColumn("id", "bigint", (column) => column.primaryKey())
    .addColumn("timestamp_ms", "bigint", (column) => column.notNull())
    .addColumn("actor_kind", "text", (column) => column.notNull())
    .addColumn("actor_id", "text")
    .addColumn("actor_name", "text")
    .addColumn("role", "text")
    .addColumn("ip", "text")
    .addColumn("action", "text", (column) => column.notNull())
    .addColumn("resource_kind", "text")
    .addColumn("resource_id", "text")
    .addColumn("outcome", "text", (column) => column.notNull())
    .addColumn("detail_json", "text")
    .addColumn("request_id", "text")
    .execute();
  await createIndexes(db, [
    ["audit_log_by_time", "audit_log", ["timestamp_ms"]],
    ["audit_log_by_action_and_time", "audit_log", ["action", "timestamp_ms"]],
    ["audit_log_by_actor_and_time", "audit_log", ["actor_id", "timestamp_ms"]],
    ["audit_log_by_resource_and_time", "audit_log", ["resource_kind", "resource_id", "timestamp_ms"]],
  ]);
}
