import type { ClaimedJob, JobRepository } from "@tokenhub/persistence";
import { setImmediate as nextTurn } from "node:timers/promises";
import { cancelledEnding } from "./cancelled-ending.ts";
import { requestIdOfAttempt } from "./job-ids.ts";
import type { JobFinisher } from "./finish-jobs.ts";
import type { ExecutionWatch } from "./execute-job.ts";
import { judgeExecution, type ExecutionOutcome, type Judgement } from "./judge-execution.ts";
import { laneOf, planDispatch, type DispatchLimits } from "./plan-dispatch.ts";

/** Begins jobs whose turn it is and carries them out. */
export interface JobRunner {
  /** There may be something to begin. */
  wake(): void;
  readonly running: ReadonlyMap<string, RunningJob>;
  /** Begins nothing more, waits for what runs, and after `graceMs` leaves the rest to others. */
  stop(graceMs: number): Promise<void>;
}

export interface RunningJob {
  readonly job: ClaimedJob;
  /** When its request was last sent to the queues. */
  sentAtMs: number;
  /** Sends its request to the queues again; null: it has not been sent yet. */
  submitAgain: (() => Promise<void>) | null;
}

export interface JobRunnerOptions {
  readonly jobs: Pick<JobRepository, "queuedGroups" | "runningCounts" | "claim" | "requeue" | "release">;
  readonly finisher: JobFinisher;
  readonly execute: (job: ClaimedJob, watch: ExecutionWatch) => Promise<ExecutionOutcome>;
  readonly owner: string;
  readonly cancelRequest: (requestId: string) => void;
  readonly limits: DispatchLimits;
  /** Whether the queues can be reached: nothing is begun while they cannot. */
  readonly isReady: () => boolean;
  readonly keepMs: number;
  readonly now: () => number;
  readonly random: () => number;
  readonly onError: (error: unknown) => void;
}

const groupsPerPass = 1_000;
const jobsPerClaim = 100;
const beginningsPerTurn = 4;
const batchJobsAtOnce = 4;
const batchPauseMs = 12;

export function createJobRunner(options: JobRunnerOptions): JobRunner {
  const { jobs, finisher, execute, owner, limits, isReady, keepMs, now, random, onError } = options;
  const running = new Map<string, RunningJob>();
  const leaving = new AbortController();
  let isStopping = false;
  let passing: Promise<void> | null = null;
  let isAskedAgain = false;
  let onIdle: (() => void) | null = null;
  let nextBatchAtMs = 0;

  function wake(): void {
    isAskedAgain = true;
    if (passing !== null || isStopping) return;
    passing = nextTurn()
      .then(passes)
      .catch(onError)
      .finally(() => {
        passing = null;
        // Asked for just when it had ended.
        if (isAskedAgain && isReady()) wake();
      });
  }

  async function passes(): Promise<void> {
    while (isAskedAgain && !isStopping && isReady()) {
      isAskedAgain = false;
      if (await pass()) isAskedAgain = true;
    }
  }

  /** Whether there may be more to begin. */
  async function pass(): Promise<boolean> {
    const queuedGroups = await jobs.queuedGroups(groupsPerPass);
    if (queuedGroups.length === 0) return false;
    const shares = planDispatch({ queuedGroups, running: await jobs.runningCounts() }, limits);
    let isMore = false;
    for (const { group, limit } of shares) {
      if (isStopping) return false;
      const isBatch = laneOf(group) === "batch";
      if (isBatch && now() < nextBatchAtMs) continue;
      const most = Math.min(limit, isBatch ? batchJobsAtOnce : jobsPerClaim);
      const nowMs = now();
      const claimed = await jobs.claim({ group, limit: most, owner, nowMs });
      for (const [position, job] of claimed.entries()) {
        begin(job, { isRepeat: job.startedAtMs !== nowMs || job.origin === "sync_wait" });
        // A hundred beginnings in one turn would hold up everybody whose request is under way.
        if (position % beginningsPerTurn === beginningsPerTurn - 1) await nextTurn();
      }
      if (!isBatch) isMore ||= claimed.length === most && most < limit;
    }
    if (shares.some(({ group }) => laneOf(group) === "batch")) pauseBatches();
    return isMore;
  }

  /** Lines of batches begin a few at a time: nobody waits for one of them, and others share the processors. */
  function pauseBatches(): void {
    if (now() < nextBatchAtMs) return;
    nextBatchAtMs = now() + batchPauseMs;
    setTimeout(wake, batchPauseMs + 1).unref();
  }

  function begin(job: ClaimedJob, { isRepeat }: { readonly isRepeat: boolean }): void {
    const entry: RunningJob = { job, sentAtMs: now(), submitAgain: null };
    running.set(job.id, entry);
    carryOut(entry, isRepeat)
      .catch((error: unknown) => {
        // Left as it is, it belongs to this gateway for ever.
        if (!leaving.signal.aborted) onError(error);
        return jobs.release({ jobIds: [job.id], owner }).catch(onError);
      })
      .finally(() => {
        running.delete(job.id);
        if (running.size === 0) onIdle?.();
      });
  }

  async function carryOut(entry: RunningJob, isRepeat: boolean): Promise<void> {
    const { job } = entry;
    if (job.cancelRequestedAtMs !== null) {
      // Whoever was told of it may have died before anybody else was.
      options.cancelRequest(job.requestId);
      await finisher.finish(cancelledEnding(job, { nowMs: now(), keepMs }));
      return;
    }
    const outcome = await execute(job, {
      isRepeat,
      onSubmitted: (submitAgain) => (entry.submitAgain = submitAgain),
      signal: leaving.signal,
    });
    const judgement = judgeExecution(job, outcome, { nowMs: now(), random: random(), keepMs });
    if (judgement.kind === "ended") await finisher.finish(judgement.ending);
    else await tryAgain(job, judgement);
  }

  async function tryAgain(
    job: ClaimedJob,
    { attempt, notBeforeMs, errorCode, errorClass, errorMessage }: Extract<Judgement, { kind: "again" }>,
  ): Promise<void> {
    const requestId = requestIdOfAttempt(job.id, attempt);
    await jobs.requeue([
      {
        jobId: job.id,
        owner,
        attempt: job.attempt,
        nextAttempt: attempt,
        requestId,
        notBeforeMs,
        errorCode,
        errorClass,
        errorMessage,
      },
    ]);
  }

  return {
    wake,
    running,
    async stop(graceMs) {
      isStopping = true;
      // What it has claimed by now is begun, and is waited for with the rest.
      await passing;
      if (running.size > 0)
        await new Promise<void>((resolve) => {
          const timer = setTimeout(resolve, graceMs);
          onIdle = () => {
            clearTimeout(timer);
            resolve();
          };
        });
      leaving.abort(new Error("this gateway stops"));
      await jobs.release({ owner }).catch(onError);
    },
  };
}
