import { finalJobStates, type Keyspace } from "@tokenhub/contracts";
import type { JobRepository, StoredJob } from "@tokenhub/persistence";
import type { Redis } from "ioredis";

/** Tells who waits for a job that it has ended, wherever it was carried out. */
export interface JobWaits extends AsyncDisposable {
  /**
   * The job once it has ended; as it stands when `timeoutMs` are over or the signal fires.
   * @returns null when there is no such job.
   */
  untilEnd(
    jobId: string,
    options: { readonly timeoutMs: number; readonly signal?: AbortSignal },
  ): Promise<StoredJob | null>;
  /** Jobs that ended on this gateway; the others are told. */
  ended(jobIds: readonly string[]): void;
}

export interface JobWaitsOptions {
  readonly jobs: Pick<JobRepository, "get">;
  readonly subscriber: Redis;
  readonly publisher: Pick<Redis, "publish" | "status">;
  readonly keyspace: Pick<Keyspace, "jobsChannel">;
  readonly onError: (error: unknown) => void;
  /** How often a job is looked at whose end may have been announced in vain. Default 2 s. */
  readonly pollIntervalMs?: number;
}

const prefix = "ended:";
const idsPerMessage = 500;

export function hasEnded({ state }: Pick<StoredJob, "state">): boolean {
  return finalJobStates.some((final) => final === state);
}

export async function openJobWaits(options: JobWaitsOptions): Promise<JobWaits> {
  const { jobs, subscriber, publisher, keyspace, onError, pollIntervalMs = 2_000 } = options;
  const waiting = new Map<string, Set<() => void>>();

  function wake(jobId: string): void {
    for (const look of waiting.get(jobId) ?? []) look();
  }

  function receive(channel: string, message: string): void {
    if (channel !== keyspace.jobsChannel || !message.startsWith(prefix)) return;
    for (const jobId of message.slice(prefix.length).split(",")) wake(jobId);
  }

  /** Resolves at the next sign of an end, or after a while. */
  function nextLook(jobId: string, { timeoutMs, signal }: { timeoutMs: number; signal?: AbortSignal }) {
    return new Promise<void>((resolve) => {
      const looks = waiting.get(jobId) ?? new Set();
      waiting.set(jobId, looks);
      const done = (): void => {
        clearTimeout(timer);
        signal?.removeEventListener("abort", done);
        looks.delete(done);
        if (looks.size === 0) waiting.delete(jobId);
        resolve();
      };
      const timer = setTimeout(done, Math.min(pollIntervalMs, timeoutMs));
      signal?.addEventListener("abort", done, { once: true });
      looks.add(done);
    });
  }

  subscriber.on("message", receive);
  await subscriber.subscribe(keyspace.jobsChannel);
  return {
    async untilEnd(jobId, { timeoutMs, signal }) {
      const giveUpAtMs = performance.now() + timeoutMs;
      for (;;) {
        // Asked for before the look, so that an end between the two is not missed.
        const leftMs = giveUpAtMs - performance.now();
        const next =
          leftMs <= 0 ? null : nextLook(jobId, { timeoutMs: leftMs, ...(signal ? { signal } : {}) });
        const job = await jobs.get(jobId);
        if (job === null || hasEnded(job) || next === null || signal?.aborted === true) return job;
        await next;
      }
    },
    ended(jobIds) {
      for (const jobId of jobIds) wake(jobId);
      for (let start = 0; start < jobIds.length; start += idsPerMessage) {
        const message = prefix + jobIds.slice(start, start + idsPerMessage).join(",");
        // Who misses it finds out by looking.
        if (publisher.status === "ready") publisher.publish(keyspace.jobsChannel, message).catch(onError);
      }
    },
    async [Symbol.asyncDispose]() {
      subscriber.off("message", receive);
      for (const looks of waiting.values()) for (const look of looks) look();
    },
  };
}
