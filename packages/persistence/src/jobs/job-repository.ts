import type { Kysely } from "kysely";
import type { LetterState } from "../schema/job-tables.ts";
import type { Schema } from "../schema/schema.ts";
import { cancelQueued, markCancelRequested, type CancelOutcome, type CancelRequest } from "./cancel-job.ts";
import { claimJobs, takeOverdue, type Claim, type ClaimedJob } from "./claim-jobs.ts";
import { countLetters, markLetters, type LetterCount, type LetterMark } from "./dead-letters.ts";
import { queuedGroups, queuePosition, recentPace, runningCounts, runningOf } from "./dispatch-state.ts";
import { finishJobs } from "./finish-jobs.ts";
import { forgetGateway, goneOwners, seeGateway } from "./gateway-presence.ts";
import { insertJobs } from "./insert-jobs.ts";
import type { FinishOptions, JobEnding } from "./job-ending.ts";
import { jobPage, type JobPageRequest } from "./job-page.ts";
import { deleteExpired, deleteOldestAnswers, removeEnded } from "./job-retention.ts";
import type { JobAnswer, JobRequest, StoredJob } from "./job-row.ts";
import type { NewJob } from "./new-job.ts";
import { findAnswer, findJob, findRequest, type JobScope } from "./read-job.ts";
import { promoteDue, releaseJobs, requeueJobs, type NextAttempt, type Release } from "./requeue-jobs.ts";
import { reservedNanoUsd, type ReservationScope } from "./reserved-spend.ts";

export type { NewJob };

/** The backlog: jobs from their acceptance to their deletion. All times are Unix milliseconds. */
export interface JobRepository {
  /** Ids of the jobs that are new; one whose id exists already is left as it is. */
  readonly insert: (jobs: readonly NewJob[]) => Promise<ReadonlySet<string>>;

  /** Null when it is not there, or does not belong to the tenant and project that are named. */
  readonly get: (jobId: string, scope?: JobScope) => Promise<StoredJob | null>;
  readonly request: (jobId: string, scope?: JobScope) => Promise<JobRequest | null>;
  /** Null also while the job has not ended, when its end has no answer, and when the answer has been deleted. */
  readonly answer: (jobId: string, scope?: JobScope) => Promise<JobAnswer | null>;
  /** Jobs in the order of their acceptance, after the one named; at most 1,000. */
  readonly page: (request: JobPageRequest) => Promise<StoredJob[]>;

  /** Scheduled jobs whose time has come wait for their turn from now on; gives their number. */
  readonly promoteDue: (nowMs: number, limit: number) => Promise<number>;
  /** Groups that have a job waiting for its turn, in the order of their names. */
  readonly queuedGroups: (limit: number) => Promise<string[]>;
  /** Jobs that run, by group, over all gateways. */
  readonly runningCounts: () => Promise<ReadonlyMap<string, number>>;
  /** Ids of the jobs that run and belong to the owner. */
  readonly runningOf: (owner: string) => Promise<string[]>;
  /** Takes the next jobs of a group, in their order; each goes to one caller only, also over several gateways. */
  readonly claim: (claim: Claim) => Promise<ClaimedJob[]>;
  /**
   * Takes jobs that have not begun and whose deadline is over; they are `running` and belong to the owner, who finishes them
   * as expired. Each goes to one caller only.
   */
  readonly takeOverdue: (claim: {
    readonly owner: string;
    readonly nowMs: number;
    readonly limit: number;
  }) => Promise<StoredJob[]>;
  /** Running jobs wait for another attempt; those that are not their owner's in that attempt any more are left. */
  readonly requeue: (attempts: readonly NextAttempt[]) => Promise<StoredJob[]>;
  /** Running jobs wait for their turn again, in the same attempt; gives their number. */
  readonly release: (release: Release) => Promise<number>;

  /** Ends a job that has not begun as cancelled, and leaves every other as it is. */
  readonly cancelQueued: (jobId: string, request: CancelRequest) => Promise<CancelOutcome>;
  /** Notes that a running job is to end; null when there is no such job that runs. The first time counts. */
  readonly markCancelRequested: (
    jobId: string,
    request: JobScope & { readonly nowMs: number },
  ) => Promise<StoredJob | null>;
  /**
   * Ends jobs, with answers, events and the counters of their batches, in one transaction. Gives those that end now, as they
   * are stored: one that had ended before, or is in another attempt, stays as it is.
   */
  readonly finish: (endings: readonly JobEnding[], options: FinishOptions) => Promise<StoredJob[]>;

  /** How many jobs of its group go first, plus one; 10,001 for that many or more; null unless the job is queued. */
  readonly queuePosition: (job: Pick<StoredJob, "id">) => Promise<number | null>;
  /** Jobs of the group that ended, per second. */
  readonly recentPace: (
    group: string,
    range: { readonly sinceMs: number; readonly nowMs: number },
  ) => Promise<number>;

  readonly seeGateway: (id: string, nowMs: number) => Promise<void>;
  /** For a gateway that ends in order. */
  readonly forgetGateway: (id: string) => Promise<void>;
  /** Gateways that own running jobs and were not seen since. */
  readonly goneOwners: (sinceMs: number) => Promise<string[]>;

  /** What the jobs that have not ended may cost, in billionths of a US dollar. */
  readonly reservedNanoUsd: (scope: ReservationScope) => Promise<number>;

  /** Moves dead letters from one state to another; gives the ids of those that were in the first. */
  readonly markLetters: (jobIds: readonly string[], mark: LetterMark) => Promise<ReadonlySet<string>>;
  /** Dead letters in a state, by class; most first. */
  readonly letterCounts: (filters: {
    readonly letter: LetterState;
    readonly tenantId?: string | undefined;
  }) => Promise<LetterCount[]>;

  /** Deletes a job that has ended; false when there is none. */
  readonly removeEnded: (jobId: string, scope?: JobScope) => Promise<boolean>;
  /** Deletes jobs whose time of keeping is over, `limit` in one statement; gives their number. */
  readonly deleteExpired: (nowMs: number, limit: number) => Promise<number>;
  /** Deletes the answers that are oldest until the rest has no more bytes than that; gives the number of deleted ones. */
  readonly deleteOldestAnswers: (limits: { readonly maxBytes: number }) => Promise<number>;
}

/** @param db a database, or a transaction to take part in. */
export function createJobRepository(db: Kysely<Schema>): JobRepository {
  return {
    insert: (jobs) => insertJobs(db, jobs),
    get: (jobId, scope) => findJob(db, { jobId, ...scope }),
    request: (jobId, scope) => findRequest(db, { jobId, ...scope }),
    answer: (jobId, scope) => findAnswer(db, { jobId, ...scope }),
    page: (request) => jobPage(db, request),
    promoteDue: (nowMs, limit) => promoteDue(db, { nowMs, limit }),
    queuedGroups: (limit) => queuedGroups(db, limit),
    runningCounts: () => runningCounts(db),
    runningOf: (owner) => runningOf(db, owner),
    claim: (claim) => claimJobs(db, claim),
    takeOverdue: (claim) => takeOverdue(db, claim),
    requeue: (attempts) => requeueJobs(db, attempts),
    release: (release) => releaseJobs(db, release),
    cancelQueued: (jobId, request) => cancelQueued(db, { jobId, ...request }),
    markCancelRequested: (jobId, request) => markCancelRequested(db, { jobId, ...request }),
    finish: (endings, options) => finishJobs(db, { endings, ...options }),
    queuePosition: ({ id }) => queuePosition(db, id),
    recentPace: (group, range) => recentPace(db, { group, ...range }),
    seeGateway: (id, nowMs) => seeGateway(db, { id, nowMs }),
    forgetGateway: (id) => forgetGateway(db, id),
    goneOwners: (sinceMs) => goneOwners(db, sinceMs),
    reservedNanoUsd: (scope) => reservedNanoUsd(db, scope),
    markLetters: (jobIds, mark) => markLetters(db, { jobIds, ...mark }),
    letterCounts: (filters) => countLetters(db, filters),
    removeEnded: (jobId, scope) => removeEnded(db, { jobId, ...scope }),
    deleteExpired: (nowMs, limit) => deleteExpired(db, { nowMs, batchRows: limit }),
    deleteOldestAnswers: (limits) => deleteOldestAnswers(db, limits),
  };
}
