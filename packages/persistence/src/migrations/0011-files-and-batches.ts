import { PostgresAdapter, sql, type Kysely } from "kysely";
import { createIndexes } from "./create-index.ts";

/** Uploaded and produced files, in pieces, and batches of requests that are read from one. */
export async function createFilesAndBatches(db: Kysely<unknown>): Promise<void> {
  const isPostgres = db.getExecutor().adapter instanceof PostgresAdapter;
  await db.schema
    .createTable("files")
    .addColumn("id", "text", (column) => column.primaryKey())
    .addColumn("tenant_id", "text", (column) => column.notNull())
    .addColumn("project_id", "text")
    .addColumn("filename", "text", (column) => column.notNull())
    .addColumn("purpose", "text", (column) => column.notNull())
    .addColumn("bytes", "bigint", (column) => column.notNull())
    .addColumn("is_complete", "integer", (column) => column.notNull())
    .addColumn("is_internal", "integer", (column) => column.notNull())
    .addColumn("created_at_ms", "bigint", (column) => column.notNull())
    .addColumn("expires_at_ms", "bigint")
    .execute();
  await db.schema
    .createTable("file_pieces")
    .addColumn("file_id", "text", (column) => column.notNull().references("files.id").onDelete("cascade"))
    .addColumn("number", "integer", (column) => column.notNull())
    .addColumn("offset_bytes", "bigint", (column) => column.notNull())
    .addColumn("content", isPostgres ? "bytea" : "blob", (column) => column.notNull())
    .addPrimaryKeyConstraint("file_pieces_key", ["file_id", "number"])
    .execute();
  await db.schema
    .createTable("batches")
    .addColumn("id", "text", (column) => column.primaryKey())
    .addColumn("surface", "text", (column) => column.notNull())
    .addColumn("tenant_id", "text", (column) => column.notNull())
    .addColumn("project_id", "text")
    .addColumn("key_id", "text")
    .addColumn("endpoint", "text", (column) => column.notNull())
    .addColumn("input_file_id", "text", (column) => column.notNull())
    .addColumn("output_file_id", "text")
    .addColumn("error_file_id", "text")
    .addColumn("state", "text", (column) => column.notNull())
    .addColumn("completion_window", "text", (column) => column.notNull())
    .addColumn("output_expires_after_ms", "bigint")
    .addColumn("metadata_json", "text")
    .addColumn("headers_json", "text", (column) => column.notNull())
    .addColumn("model", "text")
    .addColumn("problems_json", "text")
    .addColumn("owner", "text")
    .addColumn("total", "integer", (column) => column.notNull())
    .addColumn("next_line", "integer", (column) => column.notNull())
    .addColumn("next_offset_bytes", "bigint", (column) => column.notNull())
    .addColumn("succeeded", "integer", (column) => column.notNull())
    .addColumn("failed", "integer", (column) => column.notNull())
    .addColumn("cancelled", "integer", (column) => column.notNull())
    .addColumn("expired", "integer", (column) => column.notNull())
    .addColumn("input_tokens", "bigint")
    .addColumn("output_tokens", "bigint")
    .addColumn("created_at_ms", "bigint", (column) => column.notNull())
    .addColumn("in_progress_at_ms", "bigint")
    .addColumn("expires_at_ms", "bigint", (column) => column.notNull())
    .addColumn("finalizing_at_ms", "bigint")
    .addColumn("cancelling_at_ms", "bigint")
    .addColumn("finished_at_ms", "bigint")
    .execute();
  await createIndexes(db, [
    ["files_by_tenant", "files", ["tenant_id", "created_at_ms", "id"]],
    ["batches_by_tenant", "batches", ["tenant_id", "surface", "created_at_ms", "id"]],
    ["batches_by_input", "batches", ["input_file_id"]],
    ["batches_by_end", "batches", ["finished_at_ms"]],
  ]);
  await sql`create index files_expiring on files (expires_at_ms) where expires_at_ms is not null`.execute(db);
  await sql`create index files_incomplete on files (created_at_ms) where is_complete = 0`.execute(db);
  await sql`create index batches_open on batches (created_at_ms) where finished_at_ms is null`.execute(db);
}
