import { sql, type Kysely } from "kysely";
import { createIndexes } from "./create-index.ts";

/** Orchestrations with what they were asked and what their phases answered, and which requests were calls of which. */
export async function createRuns(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable("runs")
    .addColumn("id", "text", (column) => column.primaryKey())
    .addColumn("request_id", "text", (column) => column.notNull())
    .addColumn("tenant_id", "text", (column) => column.notNull())
    .addColumn("project_id", "text")
    .addColumn("key_id", "text")
    .addColumn("mode", "text", (column) => column.notNull())
    .addColumn("status", "text", (column) => column.notNull())
    .addColumn("created_at_ms", "bigint", (column) => column.notNull())
    .addColumn("finished_at_ms", "bigint")
    .addColumn("attempt", "integer", (column) => column.notNull())
    .addColumn("cost_nano_usd", "bigint")
    .addColumn("input_tokens", "bigint", (column) => column.notNull())
    .addColumn("output_tokens", "bigint", (column) => column.notNull())
    .addColumn("call_count", "integer", (column) => column.notNull())
    .addColumn("ended_call_count", "integer", (column) => column.notNull())
    .addColumn("changed_at_ms", "bigint", (column) => column.notNull())
    .addColumn("error_code", "text")
    .addColumn("input_json", "text", (column) => column.notNull())
    .addColumn("state_json", "text", (column) => column.notNull())
    .execute();
  await createIndexes(db, [
    ["runs_by_time", "runs", ["created_at_ms"]],
    ["runs_by_tenant_and_time", "runs", ["tenant_id", "created_at_ms"]],
    ["runs_by_key_and_time", "runs", ["key_id", "created_at_ms"]],
    ["runs_by_status_and_time", "runs", ["status", "created_at_ms"]],
    ["runs_by_mode_and_time", "runs", ["mode", "created_at_ms"]],
    ["runs_by_request", "runs", ["request_id"]],
  ]);
  await db.schema.alterTable("request_log").addColumn("run_id", "text").execute();
  // Few requests belong to a run, and the others are to cost no more for it.
  await sql`create index request_log_by_run on request_log (run_id, accepted_at_ms) where run_id is not null`.execute(
    db,
  );
}
