import { adminRoute, reply, type AdminRoute } from "../../admin-route.ts";
import { presentTimes } from "./present-schedule.ts";
import {
  createScheduleSchema,
  previewSchema,
  scheduleQuerySchema,
  updateScheduleSchema,
  type CreateSchedule,
  type Preview,
  type ScheduleQuery,
  type UpdateSchedule,
} from "./schedule-form.ts";
import { listSchedules, showSchedule } from "./read-schedules.ts";
import type { ScheduleRouteDeps } from "./schedule-deps.ts";
import { changeSchedule, createSchedule, removeSchedule, runSchedule } from "./write-schedules.ts";

const tag = "schedules";

/** Recurring jobs below `/admin/v1/schedules`. */
export function scheduleRoutes(deps: ScheduleRouteDeps): AdminRoute[] {
  const one = "/schedules/:id";
  const change = { method: "post", tag, role: "operator", action: "schedule.update" } as const;
  return [
    adminRoute<undefined, ScheduleQuery>({
      method: "get",
      path: "/schedules",
      summary: "Lists schedules in the order of their names.",
      tag,
      role: "viewer",
      querySchema: scheduleQuerySchema,
      action: null,
      handle: (call) => listSchedules(deps, call),
    }),
    adminRoute<CreateSchedule>({
      method: "post",
      path: "/schedules",
      summary: "Creates a schedule, whose occurrences become jobs. Its template is checked by its endpoint.",
      tag,
      role: "operator",
      bodySchema: createScheduleSchema,
      action: "schedule.create",
      handle: (call) => createSchedule(deps, call),
    }),
    adminRoute<Preview>({
      method: "post",
      path: "/schedules/preview",
      summary: "Tells when an expression falls due next, and changes nothing.",
      tag,
      role: "viewer",
      bodySchema: previewSchema,
      action: null,
      async handle({ body: { cron, time_zone: timeZone, count } }) {
        const times = presentTimes({ cron, timeZone }, { afterMs: deps.now(), count });
        return reply({ cron, time_zone: timeZone, next_times: times });
      },
    }),
    adminRoute({
      method: "get",
      path: one,
      summary: "Shows a schedule with its next times; the body of its requests to operators only.",
      tag,
      role: "viewer",
      action: null,
      handle: (call) => showSchedule(deps, call),
    }),
    adminRoute<UpdateSchedule>({
      ...change,
      method: "patch",
      path: one,
      summary: "Changes some of a schedule. Its tenant, project and key stay.",
      bodySchema: updateScheduleSchema,
      handle: (call) => changeSchedule(deps, call, call.body),
    }),
    adminRoute({
      method: "delete",
      path: one,
      summary: "Deletes a schedule; its jobs stay.",
      tag,
      role: "operator",
      action: "schedule.delete",
      handle: (call) => removeSchedule(deps, call),
    }),
    adminRoute({
      ...change,
      path: `${one}/enable`,
      summary: "Enables a schedule. What it missed while disabled is not made up for.",
      action: "schedule.enable",
      handle: (call) => changeSchedule(deps, call, { enabled: true }),
    }),
    adminRoute({
      ...change,
      path: `${one}/disable`,
      summary: "Disables a schedule; jobs that it has made go on.",
      action: "schedule.disable",
      handle: (call) => changeSchedule(deps, call, { enabled: false }),
    }),
    adminRoute({
      ...change,
      path: `${one}/run`,
      summary: "Makes a job of a schedule now, also of a disabled one; its times stay.",
      action: "schedule.run",
      handle: (call) => runSchedule(deps, call),
    }),
  ];
}
