import { TokenHubError } from "@tokenhub/contracts";
import type { JobRepository, StoredJob } from "@tokenhub/persistence";
import inject from "light-my-request";
import { setTimeout as sleep } from "node:timers/promises";
import { executionOf, keptAnswerHeaders, markedHandler, requestOf, type ExecuteDeps } from "./execute-job.ts";
import { hasEnded } from "./job-waits.ts";

/** A job's answer, from its beginning on, as it comes. */
export interface AttachedAnswer {
  readonly statusCode: number;
  readonly headers: Readonly<Record<string, string>>;
  /** The whole text, piece by piece; it ends with the answer. */
  readonly text: AsyncIterable<string>;
}

export interface AttachDeps extends ExecuteDeps {
  readonly jobs: Pick<JobRepository, "get" | "answer" | "request">;
}

/** How often a job that waits is looked at by somebody who follows it. */
const lookEveryMs = 150;
/** At first, because most jobs begin at once. */
const firstLookMs = 10;

/**
 * The answer of a job that ended, or of one that runs from its first byte on, whichever gateway carries it out. Waits for a job
 * that has not begun.
 * @returns null when the job ended without an answer, e.g. because it was cancelled before it began, or was deleted.
 * @throws the reason of the signal when it fires first.
 */
export async function attachToJob(
  deps: AttachDeps,
  jobId: string,
  signal: AbortSignal,
): Promise<AttachedAnswer | null> {
  for (let looks = 0; ; looks += 1) {
    signal.throwIfAborted();
    const job = await deps.jobs.get(jobId);
    if (job === null) return null;
    if (hasEnded(job)) return keptAnswerOf(deps, job);
    if (job.state === "running") {
      const answer = await liveAnswerOf(deps, job, signal);
      if (answer !== null && answer.statusCode < 400) return answer;
      // A failure is final when the job has ended with it; whoever carries the job out decides that a moment later.
    }
    await sleep(Math.min(lookEveryMs, firstLookMs * 2 ** looks), undefined, { signal });
  }
}

async function keptAnswerOf({ jobs }: AttachDeps, job: StoredJob): Promise<AttachedAnswer | null> {
  const answer = await jobs.answer(job.id);
  return answer === null ? null : { ...answer, text: once(answer.body) };
}

async function* once(text: string): AsyncIterable<string> {
  yield text;
}

async function liveAnswerOf(
  deps: AttachDeps,
  job: StoredJob,
  signal: AbortSignal,
): Promise<AttachedAnswer | null> {
  const request = await deps.jobs.request(job.id);
  if (request === null) return null;
  const call = executionOf(job, {
    caller: callerOrOwn(deps, job),
    isRepeat: true,
    isSent: false,
    onSubmitted: () => undefined,
    onResult: () => undefined,
  });
  const answered = await inject(markedHandler(deps, call), {
    ...requestOf(job, request),
    payloadAsStream: true,
    signal,
  });
  signal.throwIfAborted();
  const { statusCode, headers } = answered;
  return {
    statusCode,
    headers: keptAnswerHeaders(headers),
    text: answered.stream().setEncoding("utf8") as AsyncIterable<string>,
  };
}

/** Following costs nothing: whether the key may still pay is asked when the job is carried out. */
function callerOrOwn({ callerOf }: AttachDeps, job: StoredJob): ReturnType<ExecuteDeps["callerOf"]> {
  try {
    return callerOf(job);
  } catch (error) {
    if (!(error instanceof TokenHubError)) throw error;
    const { tenantId, projectId, keyId } = job;
    return {
      tenantId,
      projectId,
      keyId,
      scopes: [],
      allowedModels: null,
      rates: [],
      places: [],
      budgets: [],
    };
  }
}
