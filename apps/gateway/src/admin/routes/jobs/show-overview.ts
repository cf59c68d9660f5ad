import { countScheduled, queueOverview, type QueueGroup } from "@tokenhub/persistence";
import { reply, type AdminReply } from "../../admin-route.ts";
import { timeText } from "../../fields.ts";
import type { JobAdminDeps } from "./job-deps.ts";

/** The pace of a group is that of so long. */
const paceOverMs = 300_000;
const mostGroups = 100;

/** What waits and what runs, by group: the groups with most waiting jobs, each with its pace. */
export async function showOverview(deps: JobAdminDeps): Promise<AdminReply> {
  const { db, now } = deps;
  const nowMs = now();
  const groups = await queueOverview(db);
  const shown = [];
  for (const group of groups.slice(0, mostGroups)) shown.push(await presentGroup(deps, group, nowMs));
  const sum = (of: (group: QueueGroup) => number): number =>
    groups.reduce((all, group) => all + of(group), 0);
  const oldest = groups.flatMap(({ oldestQueuedAtMs }) => oldestQueuedAtMs ?? []);
  return reply({
    queued: sum(({ queued }) => queued),
    running: sum(({ running }) => running),
    scheduled: await countScheduled(db),
    oldest_queued_at:
      oldest.length === 0 ? null : timeText(oldest.reduce((one, other) => Math.min(one, other))),
    groups: shown,
    groups_total: groups.length,
  });
}

async function presentGroup({ jobs }: JobAdminDeps, group: QueueGroup, nowMs: number) {
  const pace = await jobs.recentPace(group.group, { sinceMs: nowMs - paceOverMs, nowMs });
  const { queued, running, oldestQueuedAtMs } = group;
  return {
    group: group.group,
    tenant_id: group.tenantId,
    lane: group.lane,
    requested_model: group.requestedModel === "" ? null : group.requestedModel,
    queued,
    running,
    oldest_queued_at: timeText(oldestQueuedAtMs),
    oldest_wait_ms: oldestQueuedAtMs === null ? null : Math.max(0, nowMs - oldestQueuedAtMs),
    finished_per_second: pace,
    /** Until what waits now has ended, at that pace; null: nobody knows. */
    drained_in_ms: pace <= 0 ? null : Math.round((queued * 1_000) / pace),
  };
}
