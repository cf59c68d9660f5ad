import { PostgresAdapter, sql, type Kysely, type RawBuilder } from "kysely";
import type { Schema } from "../schema/schema.ts";
import { jobColumns } from "./job-row.ts";

/** The columns of a `JobRow`. */
export const jobColumnsText = jobColumns.map((column) => `jobs.${column}`).join(", ");
// security-scan: statement-from-text the columns are ours
export const jobColumnList: RawBuilder<unknown> = sql.raw(jobColumnsText);

export function isPostgres(db: Kysely<Schema>): boolean {
  return db.getExecutor().adapter instanceof PostgresAdapter;
}

/** Ends a `select` whose rows are changed: on PostgreSQL it passes over rows that another gateway is changing. */
export function skipLocked(db: Kysely<Schema>): RawBuilder<unknown> {
  return isPostgres(db) ? sql`for update skip locked` : sql``;
}

/** Ends a `select` whose rows are changed: on PostgreSQL it waits for them, in its order. */
export function lockRows(db: Kysely<Schema>): RawBuilder<unknown> {
  return isPostgres(db) ? sql`for update` : sql``;
}
