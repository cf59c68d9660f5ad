import type { ErrorCode } from "@tokenhub/contracts";
import { sql, type Kysely, type RawBuilder } from "kysely";
import type { Schema } from "../schema/schema.ts";
import { storableText } from "../storable-text.ts";
import { transaction } from "../transaction.ts";
import { storedJobOf, type StoredJob } from "./job-row.ts";
import { lockRows, skipLocked } from "./job-statement.ts";
import { updateJobs } from "./update-jobs.ts";

/** Another attempt at a job, after one that failed in a way that waiting can mend. */
export interface NextAttempt {
  readonly jobId: string;
  /** The attempt that failed, and who made it. */
  readonly attempt: number;
  readonly owner: string;
  /** Default: the next one; the same one when nothing became of it. */
  readonly nextAttempt?: number;
  /** Of the attempt to come. */
  readonly requestId: string;
  /** Null: it may begin at once. */
  readonly notBeforeMs: number | null;
  /** Why the attempt failed, for whoever looks at the job meanwhile. */
  readonly errorCode: ErrorCode | null;
  readonly errorClass: string | null;
  readonly errorMessage: string | null;
}

/** All running jobs of a gateway, some of them, or jobs whoever owns them. */
export type Release =
  | { readonly owner: string; readonly jobIds?: readonly string[] }
  | { readonly owner?: undefined; readonly jobIds: readonly string[] };

/** Gives the jobs that wait now; those that are not their owner's in that attempt any more are left as they are. */
export function requeueJobs(db: Kysely<Schema>, attempts: readonly NextAttempt[]): Promise<StoredJob[]> {
  if (attempts.length === 0) return Promise.resolve([]);
  return transaction(db, async (begun) => {
    const rows = await updateJobs(begun, {
      changes: attempts.map((next) => ({
        job_id: next.jobId,
        failed_attempt: next.attempt,
        failed_owner: next.owner,
        next_attempt: next.nextAttempt ?? next.attempt + 1,
        next_request_id: next.requestId,
        next_not_before_ms: next.notBeforeMs === null ? null : Math.round(next.notBeforeMs),
        last_code: next.errorCode,
        last_class: next.errorClass,
        last_message: storableText(next.errorMessage),
      })),
      columns: {
        job_id: "text",
        failed_attempt: "bigint",
        failed_owner: "text",
        next_attempt: "bigint",
        next_request_id: "text",
        next_not_before_ms: "bigint",
        last_code: "text",
        last_class: "text",
        last_message: "text",
      },
      set: `state = case when next_not_before_ms is null then 'queued' else 'scheduled' end, owner = null,
        attempt = next_attempt, request_id = next_request_id, not_before_ms = next_not_before_ms,
        error_code = last_code, error_class = last_class, error_message = last_message`,
      where: "jobs.attempt = failed_attempt and jobs.owner = failed_owner and jobs.state = 'running'",
    });
    return rows.map(storedJobOf);
  });
}

/** Running jobs are queued again, in the attempt they are in: what that has stored of a call is found again. */
export async function releaseJobs(db: Kysely<Schema>, { owner, jobIds }: Release): Promise<number> {
  if (jobIds?.length === 0) return 0;
  const conditions: RawBuilder<unknown>[] = [
    ...(owner === undefined ? [] : [sql`owner = ${owner}`]),
    ...(jobIds === undefined ? [] : [sql`id in (${sql.join(jobIds)})`]),
  ];
  const { numAffectedRows = 0n } = await sql`
    with chosen as (
      select id from jobs where state = 'running' and ${sql.join(conditions, sql` and `)}
      order by id ${lockRows(db)})
    update jobs set state = 'queued', owner = null where id in (select id from chosen)`.execute(db);
  return Number(numAffectedRows);
}

/** Scheduled jobs whose time has come are queued, those that wait for longest first; gives their number. */
export async function promoteDue(
  db: Kysely<Schema>,
  { nowMs, limit }: { readonly nowMs: number; readonly limit: number },
): Promise<number> {
  const { numAffectedRows = 0n } = await sql`
    with chosen as (
      select id from jobs where state = 'scheduled' and not_before_ms <= ${Math.floor(nowMs)}
      order by not_before_ms limit ${limit} ${skipLocked(db)})
    update jobs set state = 'queued' where id in (select id from chosen)`.execute(db);
  return Number(numAffectedRows);
}
