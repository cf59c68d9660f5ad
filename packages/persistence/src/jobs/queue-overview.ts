import { laneSchema, type Lane } from "@tokenhub/contracts";
import { sql, type Kysely } from "kysely";
import type { Schema } from "../schema/schema.ts";

/** Jobs that compete for the same places, as far as they wait or run. */
export interface QueueGroup {
  readonly group: string;
  readonly tenantId: string;
  readonly lane: Lane;
  /** As requested, cut off after 200 characters; empty: none was named. */
  readonly requestedModel: string;
  readonly queued: number;
  readonly running: number;
  /** When the job that waits longest was accepted; null: none waits. */
  readonly oldestQueuedAtMs: number | null;
}

interface GroupRow {
  readonly name: string;
  readonly queued: number;
  readonly running: number;
  readonly oldest_ms: number | null;
}

/** Counts from two indexes that hold nothing but the jobs that wait and those that run. Most waiting first. */
export async function queueOverview(db: Kysely<Schema>): Promise<QueueGroup[]> {
  const { rows } = await sql<GroupRow>`
    select name, sum(queued) as queued, sum(running) as running, max(oldest_ms) as oldest_ms from (
      select dispatch_group as name, count(*) as queued, 0 as running, min(created_at_ms) as oldest_ms
      from jobs where state = 'queued' group by dispatch_group
      union all
      select dispatch_group as name, 0 as queued, count(*) as running, null as oldest_ms
      from jobs where state = 'running' group by dispatch_group) as counted
    group by name order by queued desc, name`.execute(db);
  return rows.map(({ name, queued, running, oldest_ms }) => ({
    group: name,
    ...partsOf(name),
    queued: Number(queued),
    running: Number(running),
    oldestQueuedAtMs: oldest_ms === null ? null : Number(oldest_ms),
  }));
}

/** Jobs that are not to begin yet. */
export async function countScheduled(db: Kysely<Schema>): Promise<number> {
  const { rows } = await sql<{ readonly scheduled: number }>`
    select count(*) as scheduled from jobs where state = 'scheduled'`.execute(db);
  return Number(rows[0]?.scheduled ?? 0);
}

/** As `dispatchGroupOf` puts it together. */
function partsOf(group: string): Pick<QueueGroup, "tenantId" | "lane" | "requestedModel"> {
  const [tenantId = "", lane = "", ...model] = group.split("|");
  return { tenantId, lane: laneSchema.catch("batch").parse(lane), requestedModel: model.join("|") };
}
