import type { Truth, VersionedColumns } from "./columns.ts";

export interface ScheduleTables {
  job_schedules: JobScheduleTable;
}

export interface JobScheduleTable extends VersionedColumns {
  tenant_id: string;
  project_id: string | null;
  /** As whose key its jobs run; null: as the tenant itself. */
  key_id: string | null;
  name: string;
  /** Five fields: minute, hour, day of month, month, day of week. */
  cron: string;
  /** IANA name, e.g. `Europe/Berlin`. */
  time_zone: string;
  /** What `POST /v1/jobs` takes, without times. */
  template_json: string;
  /** How long after an occurrence its job is still wanted; null: as long as any job. */
  deadline_seconds: number | null;
  enabled: Truth;
  /** Null while it is disabled. */
  next_at_ms: number | null;
  /** The occurrence that was dealt with last. */
  last_at_ms: number | null;
  last_job_id: string | null;
  /** Why the last occurrence has no job; null: it has one. */
  last_problem: string | null;
}
