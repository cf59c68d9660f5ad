import type { Kysely } from "kysely";
import { whereContains, whereEquals, whereTruth, type Page, type PageRequest } from "../page.ts";
import type { Schema } from "../schema/schema.ts";
import { storableText } from "../storable-text.ts";
import {
  onVersionedTable,
  type Created,
  type Expectation,
  type Removed,
  type Updated,
} from "../versioned-table.ts";
import { scheduleTable, storedScheduleOf, type JobSchedule, type StoredSchedule } from "./job-schedule.ts";

interface ScheduleFilters {
  readonly tenantId?: string | undefined;
  readonly enabled?: boolean | undefined;
  /** Part of the id or the name. */
  readonly text?: string | undefined;
}

/** What became of an occurrence. */
type OccurrenceOutcome =
  | { readonly jobId: string }
  /** Why it has no job. */
  | { readonly problem: string };

export interface ScheduleRepository {
  readonly get: (id: string) => Promise<StoredSchedule | null>;
  /** In the order of their names. */
  readonly page: (
    request: PageRequest & { readonly filters?: ScheduleFilters },
  ) => Promise<Page<StoredSchedule>>;
  readonly create: (
    schedule: JobSchedule,
    write: { readonly nowMs: number },
  ) => Promise<Created<StoredSchedule>>;
  /** `change` is pure, and may be called again when somebody else has changed the schedule meanwhile. */
  readonly update: (
    id: string,
    change: (current: JobSchedule) => JobSchedule,
    write: { readonly nowMs: number } & Expectation,
  ) => Promise<Updated<StoredSchedule>>;
  readonly remove: (id: string, write?: Expectation) => Promise<Removed<StoredSchedule>>;
  /** Those whose next occurrence has come, the earliest first. */
  readonly due: (nowMs: number, limit: number) => Promise<StoredSchedule[]>;
  /**
   * Has a schedule wait for the next occurrence, with what became of this one; false when another gateway has done so, or an
   * administrator has changed its times. Its version stays.
   */
  readonly advance: (
    occurrence: { readonly id: string; readonly atMs: number },
    next: { readonly nextAtMs: number; readonly outcome: OccurrenceOutcome },
  ) => Promise<boolean>;
  /** Notes why an occurrence has no job yet; it is tried again. */
  readonly noteProblem: (
    occurrence: { readonly id: string; readonly atMs: number },
    problem: string,
  ) => Promise<void>;
}

/** @param db a database, or a transaction to take part in. */
export function createScheduleRepository(db: Kysely<Schema>): ScheduleRepository {
  const rows = onVersionedTable(db, scheduleTable);
  const waitingFor = ({ id, atMs }: { readonly id: string; readonly atMs: number }) =>
    db.updateTable("job_schedules").where("id", "=", id).where("next_at_ms", "=", atMs);
  return {
    get: rows.get,
    page: ({ filters = {}, ...page }) =>
      rows.page({
        ...page,
        conditions: [
          ...whereEquals("tenant_id", filters.tenantId),
          ...whereTruth("enabled", filters.enabled),
          ...whereContains(["id", "name"], filters.text),
        ],
        sort: { by: "name", direction: "asc" },
      }),
    create: rows.create,
    update: (id, change, write) =>
      rows.update(id, {
        ...write,
        change(current) {
          const { tenantId, projectId, keyId } = current;
          return { ...change(current), id, tenantId, projectId, keyId };
        },
      }),
    remove: rows.remove,
    async due(nowMs, limit) {
      const found = await db
        .selectFrom("job_schedules")
        .selectAll()
        .where("next_at_ms", "is not", null)
        .where("next_at_ms", "<=", Math.floor(nowMs))
        .orderBy("next_at_ms")
        .orderBy("id")
        .limit(limit)
        .execute();
      return found.map(storedScheduleOf);
    },
    async advance(occurrence, { nextAtMs, outcome }) {
      const { numUpdatedRows } = await waitingFor(occurrence)
        .set({ next_at_ms: nextAtMs, last_at_ms: occurrence.atMs, ...columnsOf(outcome) })
        .executeTakeFirst();
      return numUpdatedRows > 0n;
    },
    async noteProblem(occurrence, problem) {
      await waitingFor(occurrence)
        .set({ last_problem: storableText(problem) })
        .execute();
    },
  };
}

/** A job that was made before stays known when none could be made. */
function columnsOf(outcome: OccurrenceOutcome) {
  return "jobId" in outcome
    ? { last_job_id: outcome.jobId, last_problem: null }
    : { last_problem: storableText(outcome.problem) };
}
