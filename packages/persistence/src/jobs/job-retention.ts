import { sql, type Kysely } from "kysely";
import { setImmediate as nextTurn } from "node:timers/promises";
import type { Schema } from "../schema/schema.ts";
import { transaction } from "../transaction.ts";
import { deleteInBatches } from "../upkeep/delete-in-batches.ts";
import { whereScopedId, type JobScope } from "./read-job.ts";

/** Lines of a batch are needed until it has put them together. */
const isNotOfOpenBatch = sql`(jobs.batch_id is null or not exists (
  select 1 from batches where batches.id = jobs.batch_id and batches.finished_at_ms is null))`;
const countedAtOnce = 5_000;
const deletedAtOnce = 200;

/** Deletes a job that has ended, with its answer. */
export async function removeEnded(
  db: Kysely<Schema>,
  id: JobScope & { readonly jobId: string },
): Promise<boolean> {
  const { numAffectedRows = 0n } = await sql`
    delete from jobs where ${whereScopedId(id)} and finished_at_ms is not null`.execute(db);
  return numAffectedRows > 0n;
}

/** Deletes jobs whose time of keeping is over, with their answers, but for the lines of open batches; see `deleteInBatches`. */
export function deleteExpired(
  db: Kysely<Schema>,
  { nowMs, batchRows }: { readonly nowMs: number; readonly batchRows: number },
): Promise<number> {
  return deleteInBatches(db, {
    table: "jobs",
    key: ["id"],
    where: sql`expires_at_ms <= ${Math.floor(nowMs)} and ${isNotOfOpenBatch}`,
    batchRows,
  });
}

interface AnsweredJob {
  readonly finished_at_ms: number;
  readonly id: string;
  readonly result_bytes: number;
}

/** Deletes answers, the oldest first, until the rest has no more bytes than that. Their jobs stay. */
export async function deleteOldestAnswers(
  db: Kysely<Schema>,
  { maxBytes }: { readonly maxBytes: number },
): Promise<number> {
  const newestSurplus = await findNewestSurplus(db, maxBytes);
  if (newestSurplus === null) return 0;
  let deleted = 0;
  for (;;) {
    const count = await transaction(db, (begun) => deleteAnswersUpTo(begun, newestSurplus));
    deleted += count;
    if (count < deletedAtOnce) return deleted;
    await nextTurn();
  }
}

/** Counts from the newest answer on; null when all of them together are small enough. */
async function findNewestSurplus(db: Kysely<Schema>, maxBytes: number): Promise<AnsweredJob | null> {
  let bytes = 0;
  let page = await answeredBefore(db, null);
  for (;;) {
    for (const job of page) {
      bytes += job.result_bytes;
      if (bytes > maxBytes) return job;
    }
    if (page.length < countedAtOnce) return null;
    await nextTurn();
    page = await answeredBefore(db, page.at(-1) ?? null);
  }
}

async function answeredBefore(db: Kysely<Schema>, last: AnsweredJob | null): Promise<readonly AnsweredJob[]> {
  const older = last === null ? sql`` : sql`and (finished_at_ms, id) < (${last.finished_at_ms}, ${last.id})`;
  const { rows } = await sql<AnsweredJob>`
    select finished_at_ms, id, result_bytes from jobs where result_bytes is not null and ${isNotOfOpenBatch} ${older}
    order by finished_at_ms desc, id desc limit ${countedAtOnce}`.execute(db);
  return rows;
}

async function deleteAnswersUpTo(begun: Kysely<Schema>, newest: AnsweredJob): Promise<number> {
  const { rows } = await sql<{ readonly id: string }>`
    select id from jobs
    where result_bytes is not null and ${isNotOfOpenBatch} and (finished_at_ms, id) <= (${newest.finished_at_ms}, ${newest.id})
    order by finished_at_ms, id limit ${deletedAtOnce}`.execute(begun);
  const ids = rows.map(({ id }) => id);
  if (ids.length === 0) return 0;
  await begun.updateTable("jobs").set({ result_bytes: null }).where("id", "in", ids).execute();
  await begun.deleteFrom("job_answers").where("job_id", "in", ids).execute();
  return ids.length;
}
