import { versionedOf } from "../read-row.ts";
import type { JobScheduleTable } from "../schema/schedule-tables.ts";
import type { Versioned, VersionedTable } from "../versioned-table.ts";

/** Jobs that recur. */
export interface JobSchedule {
  readonly id: string;
  /** These three never change. */
  readonly tenantId: string;
  readonly projectId: string | null;
  /** As whose key its jobs run; null: as the tenant itself. */
  readonly keyId: string | null;
  readonly name: string;
  /** Five fields: minute, hour, day of month, month, day of week. */
  readonly cron: string;
  /** IANA name, e.g. `Europe/Berlin`. */
  readonly timeZone: string;
  /** What `POST /v1/jobs` takes, without times, as JSON text. */
  readonly templateJson: string;
  /** How long after an occurrence its job is still wanted; null: as long as any job. */
  readonly deadlineSeconds: number | null;
  readonly enabled: boolean;
  /** The next occurrence, in Unix milliseconds; null while it is disabled. */
  readonly nextAtMs: number | null;
}

/** A schedule with what became of its last occurrence, which is no part of its version. */
export interface StoredSchedule extends Versioned<JobSchedule> {
  readonly lastAtMs: number | null;
  readonly lastJobId: string | null;
  /** Why the last occurrence has no job; null: it has one. */
  readonly lastProblem: string | null;
}

export const scheduleTable: VersionedTable<"job_schedules", JobSchedule, StoredSchedule> = {
  name: "job_schedules",
  toColumns: (schedule) => ({
    id: schedule.id,
    tenant_id: schedule.tenantId,
    project_id: schedule.projectId,
    key_id: schedule.keyId,
    name: schedule.name,
    cron: schedule.cron,
    time_zone: schedule.timeZone,
    template_json: schedule.templateJson,
    deadline_seconds: schedule.deadlineSeconds,
    enabled: schedule.enabled ? 1 : 0,
    next_at_ms: schedule.nextAtMs,
  }),
  fromRow: storedScheduleOf,
};

export function storedScheduleOf(row: JobScheduleTable): StoredSchedule {
  const versioned = versionedOf<JobSchedule>(row, {
    id: row.id,
    tenantId: row.tenant_id,
    projectId: row.project_id,
    keyId: row.key_id,
    name: row.name,
    cron: row.cron,
    timeZone: row.time_zone,
    templateJson: row.template_json,
    deadlineSeconds: row.deadline_seconds,
    enabled: row.enabled === 1,
    nextAtMs: row.next_at_ms,
  });
  return {
    ...versioned,
    lastAtMs: row.last_at_ms,
    lastJobId: row.last_job_id,
    lastProblem: row.last_problem,
  };
}
