import { errorCodeSchema, type ErrorCode, type RequestResult } from "@tokenhub/contracts";
import type { JobAnswer, JobEnding, StoredJob } from "@tokenhub/persistence";

/** What came of carrying a job out once. */
export interface ExecutionOutcome {
  readonly answer: JobAnswer;
  /** Null: no provider was asked, or nobody knows. */
  readonly result: RequestResult | null;
  /** The error that was answered instead of an answer; null: none. */
  readonly error: { readonly code: string; readonly message: string } | null;
}

/** What follows: the job's end, or another attempt. */
export type Judgement =
  | { readonly kind: "ended"; readonly ending: JobEnding }
  | {
      readonly kind: "again";
      /** The same one when nothing became of this one. */
      readonly attempt: number;
      readonly notBeforeMs: number;
      readonly errorCode: ErrorCode;
      readonly errorClass: string | null;
      readonly errorMessage: string;
    };

interface JobPatience {
  /** Attempts that may fail because something is out of order. */
  readonly attemptsMax: number;
  /** Attempts that may fail because a limit is used up: waiting is what those need. */
  readonly limitedAttemptsMax: number;
  readonly firstDelayMs: number;
  readonly longestDelayMs: number;
  /** Between two tries of an attempt that did not come about. */
  readonly retryDelayMs: number;
}

const patience = {
  attemptsMax: 6,
  limitedAttemptsMax: 100,
  firstDelayMs: 2_000,
  longestDelayMs: 300_000,
  retryDelayMs: 1_000,
} as const satisfies JobPatience;

/** This installation could not take the request just now: no attempt has been made. */
const notTakenCodes: ReadonlySet<string> = new Set(["overloaded", "queue_unavailable", "shutting_down"]);
const limitCodes: ReadonlySet<string> = new Set(["provider_rate_limited", "vault_locked"]);
/** Of these, time mends most. A provider's time-out is not among them: it may have been paid. */
const passingCodes: ReadonlySet<string> = new Set([
  "provider_unavailable",
  "provider_unreachable",
  "provider_error",
  // Redis lost the request before its call was made.
  "queue_unavailable",
]);

/**
 * Decides whether a job has ended. What waiting can mend is tried again with exponentially longer pauses, half of each at
 * random, or when the provider said, as long as that is before the deadline; a stream that has begun never is, because its
 * followers have seen it. @param random from 0 to 1.
 */
export function judgeExecution(
  job: Pick<StoredJob, "id" | "attempt" | "deadlineAtMs" | "cancelRequestedAtMs" | "isStream" | "origin">,
  outcome: ExecutionOutcome,
  {
    nowMs,
    random,
    keepMs,
  }: {
    readonly nowMs: number;
    readonly random: number;
    readonly keepMs: number;
  },
): Judgement {
  const { result } = outcome;
  const failure = failureOf(outcome);
  const again = failure === null ? null : pauseOf(job, { failure, result, random });
  if (failure !== null && again !== null && nowMs + again < job.deadlineAtMs)
    return {
      kind: "again",
      attempt: job.attempt + (result === null ? 0 : 1),
      notBeforeMs: nowMs + again,
      ...failure,
    };
  const state = failure === null ? "succeeded" : failure.errorCode === "cancelled" ? "cancelled" : "failed";
  return {
    kind: "ended",
    ending: {
      jobId: job.id,
      attempt: job.attempt,
      state,
      finishedAtMs: nowMs,
      expiresAtMs: nowMs + keepMs,
      answer: outcome.answer,
      errorCode: failure?.errorCode ?? null,
      errorClass: failure?.errorClass ?? null,
      errorMessage: failure?.errorMessage ?? null,
      modelId: result?.modelId ?? null,
      providerId: result?.providerId ?? null,
      costUsd: result === null ? 0 : result.costUsd,
      inputTokens: result?.usage?.inputTokens ?? null,
      outputTokens: result?.usage?.outputTokens ?? null,
      // Whoever waits for a request is told of its failure; nobody has to come back to it.
      isDeadLetter: state === "failed" && job.origin !== "idempotency" && job.origin !== "batch",
    },
  };
}

interface Failure {
  readonly errorCode: ErrorCode;
  readonly errorClass: string | null;
  readonly errorMessage: string;
}

/** A stream may fail although its status says otherwise, and an answer may be refused although its call succeeded. */
function failureOf({ answer, result, error }: ExecutionOutcome): Failure | null {
  if (result !== null && result.outcome !== "succeeded") {
    const { failure } = result;
    return {
      errorCode: failure?.code ?? "cancelled",
      errorClass: failure?.class ?? "cancelled",
      errorMessage: failure?.message ?? "The request was cancelled.",
    };
  }
  if (answer.statusCode < 400) return null;
  const code = errorCodeSchema.safeParse(error?.code);
  return {
    errorCode: code.success ? code.data : "internal_error",
    errorClass: null,
    errorMessage: error?.message ?? `The request was answered with status ${answer.statusCode}.`,
  };
}

/** Milliseconds until another attempt; null when there is none. */
function pauseOf(
  job: Pick<StoredJob, "attempt" | "cancelRequestedAtMs" | "isStream" | "origin">,
  {
    failure,
    result,
    random,
  }: {
    readonly failure: Failure;
    readonly result: RequestResult | null;
    readonly random: number;
  },
): number | null {
  if (job.cancelRequestedAtMs !== null) return null;
  if (result === null && notTakenCodes.has(failure.errorCode)) return patience.retryDelayMs * (1 + random);
  const isLimited = limitCodes.has(failure.errorCode);
  // Whoever waits for a request does not wait for its repetitions.
  if ((!isLimited && !passingCodes.has(failure.errorCode)) || job.origin === "idempotency") return null;
  if (job.isStream && result !== null && result.timeToFirstTokenMs !== null) return null;
  if (job.attempt >= (isLimited ? patience.limitedAttemptsMax : patience.attemptsMax)) return null;
  const exponent = Math.min(job.attempt - 1, 20);
  const delayMs = Math.min(patience.longestDelayMs, patience.firstDelayMs * 2 ** exponent);
  const wantedMs = result?.failure?.retryAfterMs ?? 0;
  return Math.max(delayMs / 2 + (delayMs / 2) * random, wantedMs);
}
