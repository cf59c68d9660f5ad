import type { Kysely } from "kysely";
import { insertRows } from "../insert-rows.ts";
import type { Schema } from "../schema/schema.ts";
import { rowOfNewJob, type NewJob } from "./new-job.ts";

/**
 * Writes jobs with one statement for several hundred; gives the ids of those that are new. A job whose id exists is left as
 * it is, so that accepting the same jobs again changes nothing.
 */
export async function insertJobs(db: Kysely<Schema>, jobs: readonly NewJob[]): Promise<ReadonlySet<string>> {
  const inserted = await insertRows<"jobs", { readonly id: string }>(db, {
    table: "jobs",
    // In the order of ids, so that two writers of the same jobs never wait for each other.
    rows: jobs.map(rowOfNewJob).toSorted((left, right) => (left.id < right.id ? -1 : 1)),
    clause: "on conflict (id) do nothing returning id",
  });
  return new Set(inserted.map(({ id }) => id));
}
