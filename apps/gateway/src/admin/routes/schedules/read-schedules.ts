import { createScheduleRepository } from "@tokenhub/persistence";
import { includesRole } from "../../admin-principal.ts";
import { reply, type AdminCall, type AdminReply } from "../../admin-route.ts";
import { foundEntry } from "../../written-entry.ts";
import { presentSchedule, presentTimes } from "./present-schedule.ts";
import type { ScheduleRouteDeps } from "./schedule-deps.ts";
import type { ScheduleQuery } from "./schedule-form.ts";

const shownTimes = 5;

export async function listSchedules(
  { db }: Pick<ScheduleRouteDeps, "db">,
  call: AdminCall<undefined, ScheduleQuery>,
): Promise<AdminReply> {
  const { limit, offset, tenant_id: tenantId, enabled, q: text } = call.query;
  const filters = { tenantId, enabled, text };
  const { items, total } = await createScheduleRepository(db).page({ filters, limit, offset });
  const view = viewOf(call);
  return reply({ items: items.map((stored) => presentSchedule(stored, view)), total, limit, offset });
}

export async function showSchedule(
  { db, now }: Pick<ScheduleRouteDeps, "db" | "now">,
  call: AdminCall,
): Promise<AdminReply> {
  const stored = foundEntry(await createScheduleRepository(db).get(call.params["id"] ?? ""), "schedule");
  const next_times = presentTimes(stored.entry, { afterMs: now(), count: shownTimes });
  return reply({ ...presentSchedule(stored, viewOf(call)), next_times }, { version: stored.version });
}

/** Whoever may run things may read what they ask. */
export function viewOf<Body, Query>({ principal }: Pick<AdminCall<Body, Query>, "principal">) {
  return { showsTexts: includesRole(principal.role, "operator") };
}
