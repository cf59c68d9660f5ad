import { sql, type Kysely, type Selectable } from "kysely";
import type { JobTable } from "../schema/job-tables.ts";
import type { Schema } from "../schema/schema.ts";
import { storedJobOf, textRecordOf, type JobRequest, type JobRow, type StoredJob } from "./job-row.ts";
import { jobColumnList, skipLocked } from "./job-statement.ts";

export interface Claim {
  readonly group: string;
  readonly limit: number;
  /** The gateway that will carry them out. */
  readonly owner: string;
  readonly nowMs: number;
}

export interface ClaimedJob extends StoredJob {
  readonly request: JobRequest;
}

/** Queued jobs of a group become running, by one statement: whoever asks at the same time gets others. */
export async function claimJobs(
  db: Kysely<Schema>,
  { group, limit, owner, nowMs }: Claim,
): Promise<ClaimedJob[]> {
  const { rows } = await sql<Selectable<JobTable>>`
    with chosen as (
      select id from jobs where state = 'queued' and dispatch_group = ${group}
      order by rank, created_at_ms, id limit ${limit} ${skipLocked(db)})
    update jobs set state = 'running', owner = ${owner},
      started_at_ms = coalesce(started_at_ms, ${Math.round(nowMs)})
    where id in (select id from chosen)
    returning ${jobColumnList}, jobs.headers_json, jobs.body`.execute(db);
  // A statement that changes rows gives them in no order.
  return rows.toSorted(compareTurns).map((row) => ({
    ...storedJobOf(row),
    request: {
      headers: textRecordOf(row.headers_json, { table: "jobs", id: row.id }),
      bodyText: row.body,
    },
  }));
}

/**
 * Jobs that wait beyond their deadline become running, by one statement, so that none is claimed for execution while its owner
 * ends it as expired.
 */
export async function takeOverdue(
  db: Kysely<Schema>,
  { owner, nowMs, limit }: { readonly owner: string; readonly nowMs: number; readonly limit: number },
): Promise<StoredJob[]> {
  const { rows } = await sql<JobRow>`
    with chosen as (
      select id from jobs where state in ('scheduled', 'queued') and deadline_at_ms <= ${Math.floor(nowMs)}
      order by deadline_at_ms limit ${limit} ${skipLocked(db)})
    update jobs set state = 'running', owner = ${owner}
    where id in (select id from chosen)
    returning ${jobColumnList}`.execute(db);
  return rows.toSorted((left, right) => left.deadline_at_ms - right.deadline_at_ms).map(storedJobOf);
}

function compareTurns(left: JobRow, right: JobRow): number {
  return left.rank - right.rank || left.created_at_ms - right.created_at_ms || (left.id < right.id ? -1 : 1);
}
