import { TokenHubError } from "@tokenhub/contracts";
import type { JobRepository, StoredJob } from "@tokenhub/persistence";
import type { Response } from "express";
import type { AttachedAnswer } from "../jobs/attach-to-job.ts";
import { hasEnded, type JobWaits } from "../jobs/job-waits.ts";
import { sendKeptAnswer } from "../jobs/send-kept-answer.ts";
import { pipeAnswer } from "./pipe-answer.ts";

export interface AnswerKeyedJobDeps {
  readonly jobs: Pick<JobRepository, "get" | "answer">;
  readonly waits: Pick<JobWaits, "untilEnd">;
  /** See `attachToJob`. */
  readonly attach: (jobId: string, signal: AbortSignal) => Promise<AttachedAnswer | null>;
}

interface KeyedWait {
  readonly response: Response;
  readonly jobId: string;
  readonly isStream: boolean;
  /** How long the caller waits for the answer, or for a stream to begin. */
  readonly waitMs: number;
}

/**
 * Answers a caller as its job is answered: whole when it has ended, a stream from its first byte on as it comes. The job is
 * none of the caller's connection: it goes on when the wait is over or the caller leaves.
 * @throws TokenHubError `sync_wait_timeout`, or why the job has no answer.
 */
export async function answerKeyedJob(deps: AnswerKeyedJobDeps, wait: KeyedWait): Promise<void> {
  const { response, jobId } = wait;
  response.setHeader("x-tokenhub-job", jobId);
  const leaving = new AbortController();
  response.once("close", () => leaving.abort());
  if (response.closed) return;
  try {
    await (wait.isStream ? answerStream : answerWhole)(deps, wait, leaving.signal);
  } catch (error) {
    if (!leaving.signal.aborted) throw error;
  }
}

async function answerWhole(
  { jobs, waits }: AnswerKeyedJobDeps,
  { response, jobId, waitMs }: KeyedWait,
  signal: AbortSignal,
): Promise<void> {
  const job = await waits.untilEnd(jobId, { timeoutMs: waitMs, signal });
  if (signal.aborted) return;
  if (job !== null && !hasEnded(job)) throw waitIsOver(response, jobId);
  const answer = job === null ? null : await jobs.answer(jobId);
  if (answer === null) throw withoutAnswer(job);
  sendKeptAnswer(response, answer);
}

async function answerStream(
  { jobs, attach }: AnswerKeyedJobDeps,
  { response, jobId, waitMs }: KeyedWait,
  signal: AbortSignal,
): Promise<void> {
  const waiting = new AbortController();
  const timer = setTimeout(() => waiting.abort(), waitMs);
  let answer: AttachedAnswer | null;
  try {
    answer = await attach(jobId, AbortSignal.any([signal, waiting.signal]));
  } catch (error) {
    throw waiting.signal.aborted ? waitIsOver(response, jobId) : error;
  } finally {
    clearTimeout(timer);
  }
  // What is cut off before its beginning may look like one.
  if (waiting.signal.aborted) throw waitIsOver(response, jobId);
  if (answer === null) throw withoutAnswer(await jobs.get(jobId));
  await pipeAnswer(response, answer, signal);
}

function waitIsOver(response: Response, jobId: string): TokenHubError {
  const location = `/v1/jobs/${jobId}`;
  response.setHeader("location", location);
  return new TokenHubError(
    "sync_wait_timeout",
    `No answer came within the time this request may wait. It goes on as job ${jobId}: GET ${location} gives its answer, and so does sending the request again with the same Idempotency-Key, without paying twice.`,
  );
}

function withoutAnswer(job: StoredJob | null): TokenHubError {
  if (job === null)
    return new TokenHubError(
      "not_found",
      "The job of this Idempotency-Key was deleted meanwhile. Send the request again.",
    );
  if (job.state === "succeeded")
    return new TokenHubError(
      "conflict",
      `The request of this Idempotency-Key was carried out as job ${job.id}, and its answer is not kept any more. Use another key to have it carried out once more.`,
    );
  const reason = job.errorMessage ?? "It ended without an answer.";
  return new TokenHubError(
    job.errorCode ?? "internal_error",
    `The job ${job.id} of this Idempotency-Key has no answer: ${reason}`,
  );
}
