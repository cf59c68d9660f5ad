import { idFrom } from "@tokenhub/contracts";
import {
  createScheduleRepository,
  transaction,
  type JobSchedule,
  type ScheduleRepository,
  type StoredSchedule,
} from "@tokenhub/persistence";
import { randomUUID } from "node:crypto";
import { digitsOf } from "../../../jobs/job-ids.ts";
import { timeAfter } from "../../../schedules/cron-times.ts";
import { readScheduleTemplate } from "../../../schedules/schedule-template.ts";
import { checkTemplate, makeScheduledJob } from "../../../schedules/scheduled-jobs.ts";
import { reply, type AdminCall, type AdminReply } from "../../admin-route.ts";
import { foundEntry, writtenEntry } from "../../written-entry.ts";
import { presentSchedule } from "./present-schedule.ts";
import { viewOf } from "./read-schedules.ts";
import type { ScheduleRouteDeps } from "./schedule-deps.ts";
import type { CreateSchedule, UpdateSchedule } from "./schedule-form.ts";
import { ownerOfSchedule } from "./schedule-owner.ts";

const noun = "schedule";

export async function createSchedule(
  deps: ScheduleRouteDeps,
  call: AdminCall<CreateSchedule>,
): Promise<AdminReply> {
  const { body, response } = call;
  const owner = await ownerOfSchedule(deps.db, body);
  const times = { cron: body.cron, timeZone: body.time_zone };
  const nowMs = deps.now();
  const nextAtMs = timeAfter(times, nowMs);
  const schedule: JobSchedule = {
    ...owner,
    ...times,
    id: body.id ?? idFrom("schedule", randomUUID()),
    name: body.name,
    templateJson: await templateOf(deps, owner, body.template),
    deadlineSeconds: body.deadline_seconds ?? null,
    enabled: body.enabled,
    nextAtMs: body.enabled ? nextAtMs : null,
  };
  const stored = await written(deps, call, async (schedules) =>
    writtenEntry(await schedules.create(schedule, { nowMs }), noun),
  );
  response.setHeader("location", `/admin/v1/schedules/${schedule.id}`);
  return reply(presentSchedule(stored, viewOf(call)), { status: 201, version: stored.version });
}

/** Everything is checked before anything is written. */
export async function changeSchedule<Body>(
  deps: ScheduleRouteDeps,
  call: AdminCall<Body>,
  patch: UpdateSchedule,
): Promise<AdminReply> {
  const id = call.params["id"] ?? "";
  const { entry: before } = foundEntry(await createScheduleRepository(deps.db).get(id), noun);
  const nowMs = deps.now();
  timeAfter(timesOf(before, patch), nowMs);
  const templateJson =
    patch.template === undefined ? undefined : await templateOf(deps, before, patch.template);
  const change = (current: JobSchedule): JobSchedule => changed(current, { patch, templateJson, nowMs });
  const { expectedVersion } = call;
  const stored = await written(deps, call, async (schedules) =>
    writtenEntry(await schedules.update(id, change, { nowMs, expectedVersion }), noun),
  );
  return reply(presentSchedule(stored, viewOf(call)), { version: stored.version });
}

export async function removeSchedule(deps: ScheduleRouteDeps, call: AdminCall): Promise<AdminReply> {
  const { expectedVersion } = call;
  const { entry } = await written(deps, call, async (schedules) =>
    writtenEntry(await schedules.remove(call.params["id"] ?? "", { expectedVersion }), noun),
  );
  return reply({ ok: true, id: entry.id });
}

/** The job's digits are those of the request that asks for it: each asking is a job of its own. */
export async function runSchedule(deps: ScheduleRouteDeps, call: AdminCall): Promise<AdminReply> {
  const id = call.params["id"] ?? "";
  const { entry } = foundEntry(await createScheduleRepository(deps.db).get(id), noun);
  const occurrence = { atMs: deps.now(), digits: digitsOf(call.requestId) };
  const jobId = await makeScheduledJob(deps, entry, occurrence);
  await call.audit.record({
    resourceKind: noun,
    resourceId: id,
    detail: { jobId, tenantId: entry.tenantId },
  });
  return reply({ ok: true, id, job_id: jobId }, { status: 202 });
}

/** The next occurrence is reckoned anew only when the times change, so that one that is due now is not lost. */
function changed(
  current: JobSchedule,
  {
    patch,
    templateJson,
    nowMs,
  }: {
    readonly patch: UpdateSchedule;
    readonly templateJson: string | undefined;
    readonly nowMs: number;
  },
): JobSchedule {
  const times = timesOf(current, patch);
  const enabled = patch.enabled ?? current.enabled;
  const isSameTimes = times.cron === current.cron && times.timeZone === current.timeZone;
  const keptAtMs = isSameTimes ? current.nextAtMs : null;
  return {
    ...current,
    ...times,
    name: patch.name ?? current.name,
    templateJson: templateJson ?? current.templateJson,
    deadlineSeconds: patch.deadline_seconds === undefined ? current.deadlineSeconds : patch.deadline_seconds,
    enabled,
    nextAtMs: enabled ? (keptAtMs ?? timeAfter(times, nowMs)) : null,
  };
}

function timesOf(current: JobSchedule, { cron, time_zone }: UpdateSchedule) {
  return { cron: cron ?? current.cron, timeZone: time_zone ?? current.timeZone };
}

async function templateOf(
  deps: ScheduleRouteDeps,
  owner: Pick<JobSchedule, "tenantId" | "projectId" | "keyId">,
  body: Readonly<Record<string, unknown>>,
): Promise<string> {
  const template = readScheduleTemplate({ ...body }, deps.readWebhook);
  await checkTemplate(deps, owner, template);
  return JSON.stringify(template);
}

/** Writes and audits in one transaction. */
function written<Body>(
  { db }: ScheduleRouteDeps,
  { audit, body }: AdminCall<Body>,
  write: (schedules: ScheduleRepository) => Promise<StoredSchedule>,
): Promise<StoredSchedule> {
  return transaction(db, async (begun) => {
    const stored = await write(createScheduleRepository(begun));
    const { id, tenantId, name, cron } = stored.entry;
    const detail = { tenantId, name, cron, ...(body ? { changed: Object.keys(body) } : {}) };
    await audit.record({ resourceKind: noun, resourceId: id, detail }, begun);
    return stored;
  });
}
