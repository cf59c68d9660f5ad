import type { FinishOptions, JobRepository, JobScope, StoredJob } from "@tokenhub/persistence";
import { TokenHubError } from "@tokenhub/contracts";
import { runIdOf } from "../orchestration/run-id-of.ts";
import { cancelledEnding } from "./cancelled-ending.ts";
import type { JobFinisher } from "./finish-jobs.ts";
import { hasEnded, type JobWaits } from "./job-waits.ts";

/** Cancels jobs, whatever has become of them. */
export interface JobCanceller {
  /**
   * Ends a job that has not begun at once, and stops one that runs: it is given as cancelled when its end comes in a moment,
   * else as it runs. One that has ended is given as it ended, so that cancelling may be repeated.
   * @throws TokenHubError `not_found`
   */
  cancel(jobId: string, scope: JobScope): Promise<StoredJob>;
}

export interface JobCancellerOptions {
  readonly jobs: Pick<JobRepository, "cancelQueued" | "markCancelRequested">;
  readonly waits: Pick<JobWaits, "untilEnd" | "ended">;
  readonly finishing: FinishOptions;
  readonly keepMs: number;
  readonly finisher: JobFinisher;
  readonly cancelRequest: (requestId: string) => void;
  /** Whether a provider may be at work on a request, after it was cancelled; rejects when the queues cannot be reached. */
  readonly isCalled: (requestId: string) => Promise<boolean>;
  readonly cancelRun: (runId: string) => Promise<unknown>;
  readonly onEnded: (jobs: readonly StoredJob[]) => void;
  readonly now: () => number;
}

const patienceMs = 2_000;

export function createJobCanceller(options: JobCancellerOptions): JobCanceller {
  const { jobs, waits, finishing, keepMs, now, onEnded } = options;

  async function stop(job: StoredJob, scope: JobScope): Promise<StoredJob> {
    const running = await jobs.markCancelRequested(job.id, { ...scope, nowMs: now() });
    if (running !== null) {
      options.cancelRequest(running.requestId);
      await options.cancelRun(runIdOf(running.requestId));
      // A cancelled call that has not begun never will, but would be taken off its queue only when its turn comes.
      const isCalled = await options.isCalled(running.requestId).catch(() => true);
      if (!isCalled) await options.finisher.finish(cancelledEnding(running, { nowMs: now(), keepMs }));
    }
    return (await waits.untilEnd(job.id, { timeoutMs: patienceMs })) ?? job;
  }

  return {
    async cancel(jobId, scope) {
      const nowMs = now();
      const outcome = await jobs.cancelQueued(jobId, {
        ...scope,
        ...finishing,
        nowMs,
        expiresAtMs: nowMs + keepMs,
        message: "The job was cancelled before it began. Nothing was called.",
      });
      switch (outcome.kind) {
        case "not_found":
          throw new TokenHubError("not_found", "There is no job of this id. GET /v1/jobs lists yours.");
        case "ended":
          return outcome.job;
        case "cancelled":
          waits.ended([jobId]);
          onEnded([outcome.job]);
          return outcome.job;
        case "running": {
          const stopped = await stop(outcome.job, scope);
          // It went back to the queue meanwhile, for another attempt.
          const isWaiting = !hasEnded(stopped) && stopped.state !== "running";
          return isWaiting ? this.cancel(jobId, scope) : stopped;
        }
      }
    },
  };
}
