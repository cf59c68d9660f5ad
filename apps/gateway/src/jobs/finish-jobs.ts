import type { FinishOptions, JobEnding, JobRepository, StoredJob } from "@tokenhub/persistence";
import { setTimeout as sleep } from "node:timers/promises";
import { createGather } from "./gather.ts";

/** Writes the ends of jobs. */
export interface JobFinisher {
  /** Resolves when the end is written: whether it is this one. A database that does not answer is waited for. */
  finish(ending: JobEnding): Promise<"ended" | "ended_before">;
}

export interface JobFinisherOptions extends FinishOptions {
  readonly jobs: Pick<JobRepository, "finish">;
  /** Called after the transaction with the jobs that ended in it. */
  readonly onEnded: (jobs: readonly StoredJob[]) => void;
  readonly onError: (error: unknown) => void;
  /** Fires when nothing is to be tried again any more. */
  readonly signal: AbortSignal;
}

const mostAtOnce = 100;
const retryMs = 1_000;

/**
 * The ends of one turn are written together. What cannot be written is tried again, since a job that ended would otherwise
 * be carried out once more.
 */
export function createJobFinisher(options: JobFinisherOptions): JobFinisher {
  const { jobs, onEnded, onError, signal } = options;
  const finish = createGather<JobEnding, "ended" | "ended_before">(
    async (endings) => {
      const ended = await jobs.finish(endings, options);
      onEnded(ended);
      const ids = new Set(ended.map(({ id }) => id));
      return endings.map(({ jobId }) => (ids.has(jobId) ? "ended" : "ended_before"));
    },
    { mostAtOnce },
  );
  return {
    async finish(ending) {
      for (;;) {
        try {
          return await finish(ending);
        } catch (error) {
          if (signal.aborted) throw error;
          onError(error);
          await sleep(retryMs, undefined, { signal });
        }
      }
    },
  };
}
