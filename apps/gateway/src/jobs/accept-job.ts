import { idFrom, TokenHubError } from "@tokenhub/contracts";
import type { JobRepository, NewJob } from "@tokenhub/persistence";
import { randomUUID } from "node:crypto";
import type { Admission, RequestToReserve } from "../admission/admission.ts";
import type { Caller } from "../admission/caller.ts";
import { createGather } from "./gather.ts";
import { requestIdOfAttempt } from "./job-ids.ts";
import type { JobTerms } from "./job-terms.ts";

/** A request that was read and found good. */
interface JobToAccept {
  readonly caller: Caller;
  readonly endpoint: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly bodyText: string;
  /** What is reserved for it. */
  readonly cost: RequestToReserve;
  readonly terms: JobTerms;
  /**
   * Writes the job together with something else, in one transaction, or rejects with the reason why it is not to be. Absent:
   * it is written with the other jobs of its turn.
   */
  readonly insert?: (row: NewJob) => Promise<void>;
}

export interface JobAcceptor {
  /**
   * Accepts a job: when it resolves, the job is in the database. One whose id exists already is accepted once.
   * @throws TokenHubError `budget_exceeded`, `overloaded`, `invalid_request` for times that do not fit.
   */
  accept(job: JobToAccept): Promise<NewJob>;
}

export interface JobAcceptorOptions {
  readonly jobs: Pick<JobRepository, "insert">;
  readonly admission: Pick<Admission, "reserveCost">;
  /** A job may take so long at most, in milliseconds. */
  readonly longestMs: number;
  /** Of a job that states no deadline. */
  readonly defaultMs: number;
  readonly now: () => number;
  readonly onAccepted: () => void;
}

const mostAtOnce = 200;

/** Those of one turn go into the database in one transaction: one for each would cost more than the rest of a request. */
export function createJobAcceptor(options: JobAcceptorOptions): JobAcceptor {
  const { jobs, admission, now, onAccepted } = options;
  const insert = createGather<NewJob, boolean>(
    async (rows) => {
      const fresh = await jobs.insert(rows);
      onAccepted();
      return rows.map(({ id }) => fresh.has(id));
    },
    { mostAtOnce },
  );
  return {
    async accept(job) {
      const row = newJobOf(options, { ...job, nowMs: now() });
      const reservation = await admission.reserveCost(job.caller, { ...job.cost, requestId: row.requestId });
      const reservedRow = { ...row, reservedUsd: reservation?.costUsd ?? 0 };
      try {
        if (job.insert === undefined) await insert(reservedRow);
        else {
          await job.insert(reservedRow);
          onAccepted();
        }
      } catch (error) {
        reservation?.release();
        throw error instanceof TokenHubError ? error : databaseAway(error);
      }
      // From here on the books say what it holds.
      reservation?.settle(null);
      return row;
    },
  };
}

function newJobOf(
  { longestMs, defaultMs }: JobAcceptorOptions,
  { caller, endpoint, headers, bodyText, cost, terms, nowMs }: JobToAccept & { readonly nowMs: number },
): NewJob {
  const id = terms.digits === undefined ? idFrom("job", randomUUID()) : `job_${terms.digits}`;
  const notBeforeMs = terms.notBeforeMs !== null && terms.notBeforeMs > nowMs ? terms.notBeforeMs : null;
  const beginsMs = notBeforeMs ?? nowMs;
  const deadlineAtMs = terms.deadlineAtMs ?? beginsMs + defaultMs;
  requireTimes({ nowMs, beginsMs, deadlineAtMs, longestMs });
  const { tenantId, projectId, keyId } = caller;
  const { origin, lane, priority, metadata, tags, webhook, scheduleId, replayOf } = terms;
  return {
    id,
    requestId: requestIdOfAttempt(id, 1),
    tenantId,
    projectId,
    keyId,
    origin,
    endpoint,
    lane,
    priority,
    isStream: cost.features.stream,
    requestedModel: cost.features.requestedModel,
    headers,
    bodyText,
    metadata,
    tags,
    webhook,
    createdAtMs: nowMs,
    notBeforeMs,
    deadlineAtMs,
    reservedUsd: 0,
    ...(scheduleId === undefined ? {} : { scheduleId }),
    ...(replayOf === undefined ? {} : { replayOf }),
  };
}

function requireTimes({
  nowMs,
  beginsMs,
  deadlineAtMs,
  longestMs,
}: Readonly<Record<"nowMs" | "beginsMs" | "deadlineAtMs" | "longestMs", number>>): void {
  if (deadlineAtMs <= beginsMs)
    throw new TokenHubError(
      "invalid_request",
      beginsMs > nowMs
        ? "`deadline` must come after `not_before`."
        : "`deadline` is over already. State a time to come, or leave it out.",
      { param: "deadline" },
    );
  if (deadlineAtMs - nowMs > longestMs)
    throw new TokenHubError(
      "invalid_request",
      `A job may take ${Math.round(longestMs / 3_600_000)} hours at most, the time until it may begin included.`,
      { param: deadlineAtMs === beginsMs ? "not_before" : "deadline" },
    );
}

function databaseAway(cause: unknown): TokenHubError {
  return new TokenHubError(
    "overloaded",
    "The database cannot take the job now. Nothing was accepted; submit it again in a moment.",
    { retryAfterMs: 1_000, cause },
  );
}
