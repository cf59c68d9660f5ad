import { sql, type Kysely } from "kysely";
import { createIndexes } from "./create-index.ts";

/** Requests that are carried out without their caller waiting, and what they were answered. */
export async function createJobs(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable("jobs")
    .addColumn("id", "text", (column) => column.primaryKey())
    .addColumn("request_id", "text", (column) => column.notNull())
    .addColumn("tenant_id", "text", (column) => column.notNull())
    .addColumn("project_id", "text")
    .addColumn("key_id", "text")
    .addColumn("origin", "text", (column) => column.notNull())
    .addColumn("endpoint", "text", (column) => column.notNull())
    .addColumn("lane", "text", (column) => column.notNull())
    .addColumn("rank", "integer", (column) => column.notNull())
    .addColumn("dispatch_group", "text", (column) => column.notNull())
    .addColumn("state", "text", (column) => column.notNull())
    .addColumn("is_stream", "integer", (column) => column.notNull())
    .addColumn("requested_model", "text")
    .addColumn("headers_json", "text", (column) => column.notNull())
    .addColumn("body", "text", (column) => column.notNull())
    .addColumn("metadata_json", "text")
    .addColumn("tags_json", "text")
    .addColumn("webhook_json", "text")
    .addColumn("created_at_ms", "bigint", (column) => column.notNull())
    .addColumn("not_before_ms", "bigint")
    .addColumn("deadline_at_ms", "bigint", (column) => column.notNull())
    .addColumn("started_at_ms", "bigint")
    .addColumn("finished_at_ms", "bigint")
    .addColumn("expires_at_ms", "bigint")
    .addColumn("owner", "text")
    .addColumn("attempt", "integer", (column) => column.notNull())
    .addColumn("cancel_requested_at_ms", "bigint")
    .addColumn("reserved_nano_usd", "bigint", (column) => column.notNull())
    .addColumn("status_code", "integer")
    .addColumn("error_code", "text")
    .addColumn("error_class", "text")
    .addColumn("error_message", "text")
    .addColumn("model_id", "text")
    .addColumn("provider_id", "text")
    .addColumn("cost_nano_usd", "bigint")
    .addColumn("input_tokens", "bigint")
    .addColumn("output_tokens", "bigint")
    .addColumn("result_bytes", "bigint")
    .addColumn("batch_id", "text")
    .addColumn("batch_line", "integer")
    .addColumn("custom_id", "text")
    .addColumn("schedule_id", "text")
    .addColumn("replay_of", "text")
    .addColumn("letter", "text")
    .execute();
  await db.schema
    .createTable("job_answers")
    .addColumn("job_id", "text", (column) => column.primaryKey().references("jobs.id").onDelete("cascade"))
    .addColumn("status_code", "integer", (column) => column.notNull())
    .addColumn("headers_json", "text", (column) => column.notNull())
    .addColumn("body", "text", (column) => column.notNull())
    .execute();
  await db.schema
    .createTable("gateways")
    .addColumn("id", "text", (column) => column.primaryKey())
    .addColumn("seen_at_ms", "bigint", (column) => column.notNull())
    .execute();
  await createIndexes(db, [
    ["jobs_by_tenant_and_time", "jobs", ["tenant_id", "created_at_ms", "id"]],
    ["jobs_by_request", "jobs", ["request_id"]],
    ["jobs_by_group_end", "jobs", ["dispatch_group", "finished_at_ms"]],
  ]);
  // What is only asked of some jobs costs the others nothing.
  await sql`create index jobs_queued on jobs (dispatch_group, rank, created_at_ms, id) where state = 'queued'`.execute(
    db,
  );
  await sql`create index jobs_queued_by_deadline on jobs (deadline_at_ms) where state = 'queued'`.execute(db);
  await sql`create index jobs_scheduled on jobs (not_before_ms) where state = 'scheduled'`.execute(db);
  await sql`create index jobs_running on jobs (owner, dispatch_group) where state = 'running'`.execute(db);
  await sql`create index jobs_by_batch on jobs (batch_id, batch_line) where batch_id is not null`.execute(db);
  await sql`create index jobs_expiring on jobs (expires_at_ms) where expires_at_ms is not null`.execute(db);
  await sql`create index jobs_dead on jobs (letter, finished_at_ms, id) where letter is not null`.execute(db);
}
