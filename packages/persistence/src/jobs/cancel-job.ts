import { sql, type Kysely } from "kysely";
import type { Schema } from "../schema/schema.ts";
import { finishJobs } from "./finish-jobs.ts";
import type { FinishOptions } from "./job-ending.ts";
import { storedJobOf, type JobRow, type StoredJob } from "./job-row.ts";
import { jobColumnList } from "./job-statement.ts";
import { findJob, whereScopedId, type JobScope } from "./read-job.ts";

export interface CancelRequest extends JobScope, FinishOptions {
  readonly nowMs: number;
  /** When the row is deleted. */
  readonly expiresAtMs: number;
  /** Why, for whoever looks at the job. */
  readonly message: string;
}

export type CancelOutcome =
  | { readonly kind: "cancelled"; readonly job: StoredJob }
  /** It has begun, or has ended already, and is as it was. */
  | { readonly kind: "running" | "ended"; readonly job: StoredJob }
  /** There is none, or it belongs to somebody else. */
  | { readonly kind: "not_found" };

/** Ends a job that has not begun. Whoever claims it at the same time gets it or not, and never half of it. */
export async function cancelQueued(
  db: Kysely<Schema>,
  { nowMs, expiresAtMs, message, ...request }: CancelRequest & { readonly jobId: string },
): Promise<CancelOutcome> {
  const found = await findJob(db, request);
  if (found === null) return { kind: "not_found" };
  const [cancelled] = await finishJobs(db, {
    ...request,
    onlyWaiting: true,
    endings: [
      {
        jobId: found.id,
        attempt: found.attempt,
        state: "cancelled",
        finishedAtMs: nowMs,
        expiresAtMs,
        answer: null,
        errorCode: "cancelled",
        errorClass: "cancelled",
        errorMessage: message,
        modelId: null,
        providerId: null,
        costUsd: 0,
        inputTokens: null,
        outputTokens: null,
        isDeadLetter: false,
      },
    ],
  });
  if (cancelled !== undefined) return { kind: "cancelled", job: cancelled };
  const job = await findJob(db, request);
  if (job === null) return { kind: "not_found" };
  return { kind: job.finishedAtMs === null ? "running" : "ended", job };
}

/** Null when there is no such job that runs. The first request counts. */
export async function markCancelRequested(
  db: Kysely<Schema>,
  { nowMs, ...id }: JobScope & { readonly jobId: string; readonly nowMs: number },
): Promise<StoredJob | null> {
  const { rows } = await sql<JobRow>`
    update jobs set cancel_requested_at_ms = coalesce(cancel_requested_at_ms, ${Math.round(nowMs)})
    where ${whereScopedId(id)} and state = 'running' returning ${jobColumnList}`.execute(db);
  return rows[0] === undefined ? null : storedJobOf(rows[0]);
}
