import { sql, type Kysely } from "kysely";
import { deleteExpired, deleteOldestAnswers } from "../jobs/job-retention.ts";
import type { Schema } from "../schema/schema.ts";
import { defaultSeriesRetention, pruneSeries, type SeriesRetention } from "../series/prune-series.ts";
import { deleteInBatches } from "./delete-in-batches.ts";

const dayMs = 86_400_000;

/** How long rows are kept, in days; null: for ever. */
export interface RetentionPolicy {
  readonly requestLogDays: number | null;
  readonly auditDays: number | null;
  readonly rewardDays: number | null;
  readonly eventDays: number | null;
  /** Beyond that the oldest events go, however young. */
  readonly mostEvents: number | null;
  /** Of webhook events, with their deliveries and attempts. Default: 30 days. */
  readonly webhookDays?: number | null;
  /** Of the answers of jobs together; beyond that the oldest go. Absent or null: as many as there are. */
  readonly mostAnswerBytes?: number | null;
  readonly series: SeriesRetention;
}

export const defaultRetention: RetentionPolicy = {
  requestLogDays: 90,
  auditDays: 90,
  rewardDays: 90,
  eventDays: 7,
  mostEvents: 100_000,
  webhookDays: 30,
  series: defaultSeriesRetention,
};

/** Deleted rows. */
export interface RetentionReport {
  readonly requestLog: number;
  readonly callIncidents: number;
  readonly runs: number;
  readonly audit: number;
  readonly rewards: number;
  readonly events: number;
  readonly webhookEvents: number;
  /** Jobs with their answers. */
  readonly jobs: number;
  /** Answers whose jobs stay. */
  readonly jobAnswers: number;
  readonly idempotencyKeys: number;
  readonly sessions: number;
  readonly series: number;
}

/**
 * Deletes what is past its time, in batches; see `deleteInBatches`. Spend is kept for ever: it is small, and an invoice may
 * be asked for late. Expired admin sessions and idempotency keys go too.
 */
export async function applyRetention(
  db: Kysely<Schema>,
  {
    nowMs,
    policy = defaultRetention,
    batchRows = 500,
  }: { readonly nowMs: number; readonly policy?: RetentionPolicy; readonly batchRows?: number },
): Promise<RetentionReport> {
  const removeOld = async (
    table: keyof Schema,
    {
      key,
      timeColumn,
      days,
    }: { readonly key: readonly string[]; readonly timeColumn: string; readonly days: number | null },
  ): Promise<number> =>
    days === null
      ? 0
      : deleteInBatches(db, {
          table,
          key,
          where: sql`${sql.ref(timeColumn)} < ${nowMs - days * dayMs}`,
          batchRows,
        });
  const { requestLogDays, auditDays, rewardDays, eventDays, mostEvents, webhookDays = 30, series } = policy;
  const { mostAnswerBytes = null } = policy;
  return {
    requestLog: await removeOld("request_log", {
      key: ["request_id"],
      timeColumn: "accepted_at_ms",
      days: requestLogDays,
    }),
    callIncidents: await removeOld("call_incidents", {
      key: ["event_id"],
      timeColumn: "occurred_at_ms",
      days: requestLogDays,
    }),
    runs: await removeOld("runs", { key: ["id"], timeColumn: "created_at_ms", days: requestLogDays }),
    audit: await removeOld("audit_log", { key: ["id"], timeColumn: "timestamp_ms", days: auditDays }),
    rewards: await removeOld("reward_log", {
      key: ["event_id", "attempt_index"],
      timeColumn: "timestamp_ms",
      days: rewardDays,
    }),
    events:
      (await removeOld("events", { key: ["id"], timeColumn: "timestamp_ms", days: eventDays })) +
      (await removeSurplusEvents(db, { mostEvents, batchRows })),
    webhookEvents: await removeOld("webhook_events", {
      key: ["id"],
      timeColumn: "created_at_ms",
      days: webhookDays,
    }),
    // A job says itself how long it is kept.
    jobs: await deleteExpired(db, { nowMs, batchRows }),
    jobAnswers: mostAnswerBytes === null ? 0 : await deleteOldestAnswers(db, { maxBytes: mostAnswerBytes }),
    idempotencyKeys: await removeOld("idempotency_keys", {
      key: ["tenant_id", "scope", "idempotency_key"],
      timeColumn: "expires_at_ms",
      days: 0,
    }),
    sessions: await removeOld("admin_sessions", { key: ["id_hash"], timeColumn: "expires_at_ms", days: 0 }),
    series: await pruneSeries(db, { nowMs, retention: series, batchRows }),
  };
}

async function removeSurplusEvents(
  db: Kysely<Schema>,
  { mostEvents, batchRows }: { readonly mostEvents: number | null; readonly batchRows: number },
): Promise<number> {
  if (mostEvents === null) return 0;
  const oldestKept = await db
    .selectFrom("events")
    .select("id")
    .orderBy("id", "desc")
    .offset(Math.max(0, mostEvents - 1))
    .limit(1)
    .executeTakeFirst();
  if (oldestKept === undefined) return 0;
  return deleteInBatches(db, {
    table: "events",
    key: ["id"],
    where: sql`id < ${oldestKept.id}`,
    batchRows,
  });
}
