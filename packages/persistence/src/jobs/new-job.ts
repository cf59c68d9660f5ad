import type { AsyncJobOrigin, JobWebhook, Lane } from "@tokenhub/contracts";
import type { Insertable } from "kysely";
import { nanoUsdOf } from "../requests/nano-usd.ts";
import type { JobTable } from "../schema/job-tables.ts";
import { storableText } from "../storable-text.ts";
import { storableBody } from "./storable-body.ts";

/** A job as it is accepted. All times are Unix milliseconds. */
export interface NewJob {
  readonly id: string;
  /** Of the first attempt. */
  readonly requestId: string;
  readonly tenantId: string;
  readonly projectId: string | null;
  readonly keyId: string | null;
  readonly origin: AsyncJobOrigin;
  /** The path of the generation endpoint, e.g. `/v1/chat/completions`. */
  readonly endpoint: string;
  readonly lane: Lane;
  /** 0 to 9, higher goes first among the jobs of its group. */
  readonly priority: number;
  readonly isStream: boolean;
  readonly requestedModel: string | null;
  /** Headers of the request that mean something to its execution. */
  readonly headers: Readonly<Record<string, string>>;
  readonly bodyText: string;
  readonly metadata: Readonly<Record<string, string>> | null;
  readonly tags: readonly string[] | null;
  readonly webhook: JobWebhook | null;
  readonly createdAtMs: number;
  /** Null, or not later than `createdAtMs`: it may begin at once. */
  readonly notBeforeMs: number | null;
  readonly deadlineAtMs: number;
  /** What it may cost, which counts as spent in its budgets until it has ended. */
  readonly reservedUsd: number;
  readonly batch?: { readonly batchId: string; readonly line: number; readonly customId: string };
  readonly scheduleId?: string;
  /** The job that is carried out anew. */
  readonly replayOf?: string;
}

/** An index of PostgreSQL takes no more than some 2,700 bytes. */
const longestModelInGroup = 200;

/** The name of the jobs that compete for the same places: tenant, lane and requested model. */
export function dispatchGroupOf({
  tenantId,
  lane,
  requestedModel,
}: Pick<NewJob, "tenantId" | "lane" | "requestedModel">): string {
  return storableText(`${tenantId}|${lane}|${(requestedModel ?? "").slice(0, longestModelInGroup)}`);
}

/** The row of a job that nobody has begun. */
export function rowOfNewJob(job: NewJob): Insertable<JobTable> {
  const mustWait = job.notBeforeMs !== null && job.notBeforeMs > job.createdAtMs;
  return {
    id: job.id,
    request_id: job.requestId,
    tenant_id: job.tenantId,
    project_id: job.projectId,
    key_id: job.keyId,
    origin: job.origin,
    endpoint: job.endpoint,
    lane: job.lane,
    // Not `-priority`, which is -0 for the lowest.
    rank: 0 - Math.round(job.priority),
    dispatch_group: dispatchGroupOf(job),
    state: mustWait ? "scheduled" : "queued",
    is_stream: job.isStream ? 1 : 0,
    requested_model: storableText(job.requestedModel),
    metadata_json: jsonOf(job.metadata),
    tags_json: jsonOf(job.tags?.map((tag) => storableText(tag)) ?? null),
    webhook_json: jsonOf(job.webhook),
    created_at_ms: Math.round(job.createdAtMs),
    not_before_ms: job.notBeforeMs === null ? null : Math.round(job.notBeforeMs),
    deadline_at_ms: Math.round(job.deadlineAtMs),
    attempt: 1,
    reserved_nano_usd: nanoUsdOf(job.reservedUsd) ?? 0,
    batch_id: job.batch?.batchId ?? null,
    batch_line: job.batch?.line ?? null,
    custom_id: storableText(job.batch?.customId ?? null),
    schedule_id: job.scheduleId ?? null,
    replay_of: job.replayOf ?? null,
    headers_json: JSON.stringify(job.headers),
    body: storableBody(job.bodyText),
  };
}

function jsonOf(value: object | null): string | null {
  return value === null ? null : JSON.stringify(value);
}
