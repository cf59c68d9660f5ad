import { sql, type Kysely } from "kysely";
import { createIndexes } from "./create-index.ts";

/** Jobs that recur. */
export async function createJobSchedules(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable("job_schedules")
    .addColumn("id", "text", (column) => column.primaryKey())
    .addColumn("tenant_id", "text", (column) => column.notNull())
    .addColumn("project_id", "text")
    .addColumn("key_id", "text")
    .addColumn("name", "text", (column) => column.notNull())
    .addColumn("cron", "text", (column) => column.notNull())
    .addColumn("time_zone", "text", (column) => column.notNull())
    .addColumn("template_json", "text", (column) => column.notNull())
    .addColumn("deadline_seconds", "integer")
    .addColumn("enabled", "integer", (column) => column.notNull())
    .addColumn("next_at_ms", "bigint")
    .addColumn("last_at_ms", "bigint")
    .addColumn("last_job_id", "text")
    .addColumn("last_problem", "text")
    .addColumn("version", "integer", (column) => column.notNull())
    .addColumn("created_at_ms", "bigint", (column) => column.notNull())
    .addColumn("updated_at_ms", "bigint", (column) => column.notNull())
    .execute();
  await createIndexes(db, [
    ["job_schedules_by_tenant", "job_schedules", ["tenant_id", "created_at_ms", "id"]],
  ]);
  await sql`create index job_schedules_due on job_schedules (next_at_ms) where next_at_ms is not null`.execute(
    db,
  );
}
