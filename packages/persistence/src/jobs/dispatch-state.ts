import { sql, type Kysely } from "kysely";
import type { Schema } from "../schema/schema.ts";

/** Counting further would take longer than the answer is worth. */
const mostCounted = 10_000;
const mostEnds = 1_000;

/**
 * Groups that have queued jobs. Each step looks for the next name in the index, so that it takes as many steps as there are
 * groups, however many jobs are queued.
 */
export async function queuedGroups(db: Kysely<Schema>, limit: number): Promise<string[]> {
  const { rows } = await sql<{ readonly name: string }>`
    with recursive waiting (name) as (
      select min(dispatch_group) from jobs where state = 'queued'
      union all
      select (select min(dispatch_group) from jobs where state = 'queued' and dispatch_group > waiting.name)
      from waiting where waiting.name is not null)
    select name from waiting where name is not null limit ${limit}`.execute(db);
  return rows.map(({ name }) => name);
}

/** Running jobs by group; no more rows are read than jobs run. */
export async function runningCounts(db: Kysely<Schema>): Promise<ReadonlyMap<string, number>> {
  const { rows } = await sql<{ readonly name: string; readonly running: number }>`
    select dispatch_group as name, count(*) as running from jobs where state = 'running'
    group by dispatch_group`.execute(db);
  return new Map(rows.map(({ name, running }) => [name, Number(running)]));
}

/** Ids of the running jobs of one gateway. */
export async function runningOf(db: Kysely<Schema>, owner: string): Promise<string[]> {
  const { rows } = await sql<{ readonly id: string }>`
    select id from jobs where state = 'running' and owner = ${owner}`.execute(db);
  return rows.map(({ id }) => id);
}

/** From 1; 10,001 means that or more; null unless the job is queued. */
export async function queuePosition(db: Kysely<Schema>, jobId: string): Promise<number | null> {
  const { rows } = await sql<{ readonly ahead: number }>`
    select (select count(*) from (
        select 1 from jobs as other
        where other.state = 'queued' and other.dispatch_group = jobs.dispatch_group
          and (other.rank, other.created_at_ms, other.id) < (jobs.rank, jobs.created_at_ms, jobs.id)
        limit ${mostCounted}) as counted) as ahead
    from jobs where jobs.id = ${jobId} and jobs.state = 'queued'`.execute(db);
  return rows[0] === undefined ? null : Number(rows[0].ahead) + 1;
}

/** Jobs of a group that ended, per second; of very many, the last ones tell. */
export async function recentPace(
  db: Kysely<Schema>,
  { group, sinceMs, nowMs }: { readonly group: string; readonly sinceMs: number; readonly nowMs: number },
): Promise<number> {
  const { rows } = await sql<{ readonly ends: number; readonly first_ms: number | null }>`
    select count(*) as ends, min(finished_at_ms) as first_ms from (
      select finished_at_ms from jobs
      where dispatch_group = ${group} and finished_at_ms is not null and finished_at_ms >= ${Math.ceil(sinceMs)}
      order by finished_at_ms desc limit ${mostEnds}) as ended`.execute(db);
  const ends = Number(rows[0]?.ends ?? 0);
  const beginMs = ends < mostEnds ? sinceMs : (rows[0]?.first_ms ?? sinceMs);
  return (ends * 1_000) / Math.max(1, nowMs - beginMs);
}
