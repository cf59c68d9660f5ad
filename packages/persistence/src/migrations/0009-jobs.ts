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
    // Last: SQLite reads what stands before a long text without reading the text.
    .addColumn("headers_json", "text", (column) => column.notNull())
    .addColumn("body", "text", (column) => column.notNull())
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
  await createJobIndexes(db);
}

async function createJobIndexes(db: Kysely<unknown>): Promise<void> {
  await createIndexes(db, [
    ["jobs_by_time", "jobs", ["created_at_ms", "id"]],
    ["jobs_by_tenant_and_time", "jobs", ["tenant_id", "created_at_ms", "id"]],
  ]);
  // What is only asked of some jobs costs the others nothing.
  const partial = [
    "jobs_queued on jobs (dispatch_group, rank, created_at_ms, id) where state = 'queued'",
    "jobs_waiting_by_deadline on jobs (deadline_at_ms) where state in ('scheduled', 'queued')",
    "jobs_scheduled on jobs (not_before_ms) where state = 'scheduled'",
    "jobs_running on jobs (owner, dispatch_group) where state = 'running'",
    // Reservations are summed up from these indexes alone; SQLite wants to see in them, too, that the end is not there.
    "jobs_open_by_tenant on jobs (tenant_id, created_at_ms, id, reserved_nano_usd, finished_at_ms) where finished_at_ms is null",
    "jobs_reserved_by_project on jobs (project_id, reserved_nano_usd, finished_at_ms) where finished_at_ms is null and reserved_nano_usd > 0",
    "jobs_reserved_by_key on jobs (key_id, reserved_nano_usd, finished_at_ms) where finished_at_ms is null and reserved_nano_usd > 0",
    "jobs_without_success on jobs (tenant_id, created_at_ms, id) where state in ('failed', 'cancelled', 'expired')",
    "jobs_by_group_end on jobs (dispatch_group, finished_at_ms) where finished_at_ms is not null",
    "jobs_by_batch on jobs (batch_id, batch_line) where batch_id is not null",
    "jobs_expiring on jobs (expires_at_ms) where expires_at_ms is not null",
    "jobs_answered on jobs (finished_at_ms, id, result_bytes, batch_id) where result_bytes is not null",
    "jobs_dead on jobs (letter, created_at_ms, id, error_class) where letter is not null",
  ];
  for (const index of partial) {
    // security-scan: statement-from-text the texts stand above
    await sql`create index ${sql.raw(index)}`.execute(db);
  }
}
