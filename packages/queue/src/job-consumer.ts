import type { Keyspace } from "@tokenhub/contracts";
import { DelayedError, UnrecoverableError, WaitingError, Worker, type Job } from "bullmq";
import type { Redis } from "ioredis";
import { setTimeout as sleep } from "node:timers/promises";
import { recoveryTimings, type JobDefinition } from "./catalogue.ts";

/** For handing the aborted jobs back to the queue; what is not done by then is left to the recovery of dead workers' jobs. */
const handBackMs = 3_000;
const patienceCheckMs = 100;

/** What a handler says about its job. `snooze` costs no attempt; a snooze of 0 hands the job to another worker at once. */
export type JobOutcome =
  | { readonly kind: "done" }
  | { readonly kind: "snooze"; readonly delayMs: number }
  | { readonly kind: "fail"; readonly reason: string };

/**
 * Runs once per delivery; a job may be delivered again after a crash, or beside a handler that still runs when this process
 * was too busy to keep its lock. That handler goes on: the lock is no fence, and an answer on its way may have been paid for.
 * Who may go on is for the call ledger to say. `signal` fires at shutdown.
 */
export type JobHandler<Payload> = (payload: Payload, signal: AbortSignal) => Promise<JobOutcome>;

export interface JobConsumerOptions<Payload> {
  readonly queueName: string;
  readonly definition: JobDefinition<Payload>;
  readonly handler: JobHandler<Payload>;
  /** Made by `createBlockingConnection`; the worker opens a second one for its blocking reads. */
  readonly redis: Redis;
  readonly keyspace: Keyspace;
  readonly concurrency?: number;
  /**
   * Called when a job will not run again although its handler never said that it is done: it threw on every attempt, or
   * the job was lost by dying workers too often. Whoever waits for the job's request must be told.
   */
  readonly onGivenUp?: (payload: Payload, reason: Error) => Promise<void>;
  readonly onError: (error: Error) => void;
}

export interface JobConsumer extends AsyncDisposable {
  readonly queueName: string;
  /** True while jobs are being taken; says nothing of a dead connection. */
  isRunning(): boolean;
  /** Number of handlers running now. */
  running(): number;
  /** How many handlers may run at once from now on; those that run already go on. */
  setConcurrency(concurrency: number): void;
  /** Stops taking jobs, waits up to `graceMs`, then aborts the rest, whose jobs go back to the queue. Always ends. */
  stop(graceMs: number): Promise<void>;
}

/**
 * A BullMQ worker fetches its jobs one after the other, each in two or three round trips, so that a process with one of
 * them is idle between jobs long before it is busy. Several side by side share its concurrency.
 */
const fetchers = 4;

/** Splits a concurrency over the fetchers, at least 1 for each. */
function sharesOf(concurrency: number, count = Math.min(fetchers, concurrency)): number[] {
  return Array.from({ length: count }, (_, index) => Math.max(1, Math.floor((concurrency + index) / count)));
}

/** Starts BullMQ workers over a typed handler. A payload that no longer parses fails for good, with its reason. */
export function createJobConsumer<Payload>(options: JobConsumerOptions<Payload>): JobConsumer {
  const { queueName, definition, handler, redis, keyspace, onError } = options;
  let running = 0;
  let stopped: Promise<void> | null = null;

  // BullMQ passes the abort signal only to processors that declare three parameters.
  const processor = async (
    job: Job,
    token: string | undefined,
    signal: AbortSignal | undefined,
  ): Promise<string> => {
    // A blocking read that was under way when the stop began may still bring a job: it is for somebody who stays.
    if (stopped !== null) return settle(job, token, { kind: "snooze", delayMs: 0 });
    const parsed = definition.schema.safeParse(job.data);
    if (!parsed.success)
      throw new UnrecoverableError(`payload of ${definition.kind} job is not of a known version`);
    running += 1;
    try {
      return await settle(job, token, await handler(parsed.data, signal ?? new AbortController().signal));
    } finally {
      running -= 1;
    }
  };

  const openWorker = (share: number, index: number): Worker => {
    const worker = new Worker(queueName, processor, {
      connection: redis,
      prefix: keyspace.queuePrefix,
      concurrency: share,
      lockDuration: recoveryTimings.lockDurationMs,
      stalledInterval: recoveryTimings.stalledIntervalMs,
      maxStalledCount: recoveryTimings.maxStalledCount,
      // One check per process is enough.
      skipStalledCheck: index > 0,
      drainDelay: 5,
    });
    worker.on("error", onError);
    worker.on("failed", (job, reason) => {
      if (job === undefined || !isOver(job, reason)) return;
      const parsed = definition.schema.safeParse(job.data);
      if (parsed.success) void options.onGivenUp?.(parsed.data, reason).catch(onError);
    });
    return worker;
  };
  const workers = sharesOf(options.concurrency ?? definition.concurrency).map(openWorker);

  /** Resolves a while after the last handler ended, or after the grace time when one does not end. */
  async function patience(graceMs: number, signal: AbortSignal): Promise<void> {
    const graceEndsAtMs = performance.now() + graceMs;
    for (let spentMs = 0; spentMs < handBackMs && !signal.aborted;) {
      await sleep(patienceCheckMs);
      spentMs = running > 0 && performance.now() < graceEndsAtMs ? 0 : spentMs + patienceCheckMs;
    }
    if (!signal.aborted)
      onError(
        new Error(
          `queue ${queueName} could not be left in order; its jobs come back as those of a dead worker`,
        ),
      );
  }

  async function stop(graceMs: number): Promise<void> {
    await Promise.all(workers.map((worker) => worker.pause(true)));
    const cancelAll = (): void => workers.forEach((worker) => worker.cancelAllJobs("shutdown"));
    const cancelling = setTimeout(cancelAll, graceMs);
    const closed = new AbortController();
    try {
      // BullMQ waits for ever when Redis is gone or a handler does not heed its signal.
      const closing = Promise.all(workers.map((worker) => worker.close()));
      await Promise.race([closing, patience(graceMs, closed.signal)]);
    } finally {
      clearTimeout(cancelling);
      closed.abort();
    }
  }

  return {
    queueName,
    isRunning: () => workers.every((worker) => worker.isRunning() && !worker.isPaused()),
    running: () => running,
    setConcurrency(concurrency) {
      const shares = sharesOf(concurrency, workers.length);
      for (const [index, worker] of workers.entries()) worker.concurrency = shares[index] ?? 1;
    },
    stop: (graceMs) => (stopped ??= stop(graceMs)),
    async [Symbol.asyncDispose]() {
      await (stopped ??= stop(0));
    },
  };
}

/** Whether BullMQ will not run a failed job again. */
function isOver(job: Job, reason: Error): boolean {
  return reason instanceof UnrecoverableError || job.attemptsMade >= (job.opts.attempts ?? 1);
}

/** Translates an outcome into what BullMQ expects; return values are words, never answers, because telemetry copies them. */
async function settle(job: Job, token: string | undefined, outcome: JobOutcome): Promise<string> {
  switch (outcome.kind) {
    case "done":
      return "done";
    case "snooze":
      if (outcome.delayMs > 0) {
        await job.moveToDelayed(Date.now() + outcome.delayMs, token);
        throw new DelayedError();
      }
      await job.moveToWait(token);
      throw new WaitingError();
    case "fail":
      throw new UnrecoverableError(outcome.reason);
  }
}
