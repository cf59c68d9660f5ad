import type { ErrorCode, FinalJobState, JobWebhook, WebhookEvent } from "@tokenhub/contracts";
import type { Kysely } from "kysely";
import type { Schema } from "../schema/schema.ts";
import type { JobAnswer, StoredJob } from "./job-row.ts";

/** How an attempt ended its job. */
export interface JobEnding {
  readonly jobId: string;
  /** The attempt that ended; an ending of one that is not the job's current attempt any more is ignored. */
  readonly attempt: number;
  readonly state: FinalJobState;
  readonly finishedAtMs: number;
  /** When row and answer are deleted. */
  readonly expiresAtMs: number;
  readonly answer: JobAnswer | null;
  readonly errorCode: ErrorCode | null;
  /** A `FailureClass`, where the failure has one. */
  readonly errorClass: string | null;
  readonly errorMessage: string | null;
  readonly modelId: string | null;
  readonly providerId: string | null;
  readonly costUsd: number | null;
  readonly inputTokens: number | null;
  readonly outputTokens: number | null;
  /** Failed for good: kept as a letter that somebody may send again. */
  readonly isDeadLetter: boolean;
}

/** What is done in the same transaction with the jobs that end. */
export interface FinishOptions {
  /** The events that tell of an end; asked only for jobs that end now. */
  readonly events: (job: StoredJob, ending: JobEnding) => readonly WebhookEvent[];
  /** Keeps events and their deliveries, e.g. `recordWebhookEvents`. Called with at least one event. */
  readonly recordEvents?: (
    begun: Kysely<Schema>,
    told: {
      readonly events: readonly WebhookEvent[];
      /** Where an event's job wants it sent to, by event id. */
      readonly jobWebhooks: ReadonlyMap<string, JobWebhook>;
    },
  ) => Promise<unknown>;
  /** Counts the ends of jobs that belong to batches, e.g. `countBatchEndings`. Called with at least one. */
  readonly countBatchEndings?: (
    begun: Kysely<Schema>,
    endings: readonly { readonly batchId: string; readonly state: FinalJobState }[],
  ) => Promise<unknown>;
  /** Keeps what responses that are made in the background have become. Called with at least one. */
  readonly keepResponses?: (
    begun: Kysely<Schema>,
    ended: readonly { readonly job: StoredJob; readonly ending: JobEnding }[],
  ) => Promise<unknown>;
}
