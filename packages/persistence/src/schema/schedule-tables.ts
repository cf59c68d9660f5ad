import type { Truth, VersionedColumns } from "./columns.ts";

export interface ScheduleTables {
  job_schedules: JobScheduleTable;
}

export interface JobScheduleTable extends VersionedColumns {
  tenant_id: string;
  project_id: string | null;
  name: string;
  /** Five fields: minute, hour, day of month, month, day of week. */
  cron: string;
  /** IANA name, e.g. `Europe/Berlin`. */
  time_zone: string;
  /** What `POST /v1/jobs` takes, without times. */
  template_json: string;
  enabled: Truth;
  /** Null while it is disabled. */
  next_at_ms: number | null;
  last_job_id: string | null;
  /** Why the last job could not be made; null: it could. */
  last_problem: string | null;
}
