import { sql, type Kysely } from "kysely";
import { createIndexes } from "./create-index.ts";

/** Stored answers of the Responses API, which later requests may continue. */
export async function createResponses(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable("responses")
    .addColumn("id", "text", (column) => column.primaryKey())
    .addColumn("job_id", "text")
    .addColumn("tenant_id", "text", (column) => column.notNull())
    .addColumn("project_id", "text")
    .addColumn("key_id", "text")
    .addColumn("previous_response_id", "text")
    .addColumn("is_background", "integer", (column) => column.notNull())
    .addColumn("is_stream", "integer", (column) => column.notNull())
    .addColumn("input_items_json", "text", (column) => column.notNull())
    .addColumn("draft_json", "text")
    .addColumn("response_json", "text")
    .addColumn("created_at_ms", "bigint", (column) => column.notNull())
    .addColumn("expires_at_ms", "bigint", (column) => column.notNull())
    .execute();
  await createIndexes(db, [["responses_expiring", "responses", ["expires_at_ms"]]]);
  await sql`create index responses_by_job on responses (job_id) where job_id is not null`.execute(db);
}
