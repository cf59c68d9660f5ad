import type { Keyspace } from "@tokenhub/contracts";
import type { JobEnding, JobRepository, StoredJob } from "@tokenhub/persistence";
import type { Redis } from "ioredis";
import type { JobFinisher } from "./finish-jobs.ts";
import type { RunningJob } from "./run-jobs.ts";

export interface JobSweepOptions {
  readonly jobs: Pick<
    JobRepository,
    "promoteDue" | "takeOverdue" | "seeGateway" | "goneOwners" | "release" | "forgetGateway"
  >;
  readonly finisher: JobFinisher;
  readonly running: ReadonlyMap<string, RunningJob>;
  readonly wake: () => void;
  readonly redis: Redis;
  readonly keyspace: Keyspace;
  readonly owner: string;
  /** No other gateway can use the database: whatever runs in it and is not of this one is left over. */
  readonly isAlone: boolean;
  readonly keepMs: number;
  readonly now: () => number;
  readonly onError: (error: unknown) => void;
  /** How often jobs are looked for whose time has come. Default 500 ms. */
  readonly dueIntervalMs?: number;
  /** How often others are told that this gateway lives, and looked at. Default 3 s. */
  readonly presenceIntervalMs?: number;
}

/** A gateway that was not seen for so long has died. */
const goneAfterMs = 15_000;
/** A job whose deadline is nearer than any answer is not begun any more. */
const shortestCallMs = 250;
const jobsPerSweep = 500;

/**
 * Looks after what no event tells of: jobs whose time has come or is over, gateways that died, and requests that Redis has
 * lost. All of it may be done by several gateways at once.
 */
export async function startJobSweeps(options: JobSweepOptions): Promise<AsyncDisposable> {
  const { jobs, owner, isAlone, wake, now, onError } = options;
  const { dueIntervalMs = 500, presenceIntervalMs = 3_000 } = options;

  async function sweepDue(): Promise<void> {
    const nowMs = now();
    await jobs.promoteDue(nowMs, jobsPerSweep);
    const claim = { owner, nowMs: nowMs + shortestCallMs, limit: jobsPerSweep };
    for (const job of await jobs.takeOverdue(claim)) void endOverdue(options, job).catch(onError);
    wake();
  }

  async function sweepPresence(): Promise<void> {
    await jobs.seeGateway(owner, now());
    for (const gone of await jobs.goneOwners(now() - goneAfterMs)) {
      await jobs.release({ owner: gone });
      await jobs.forgetGateway(gone);
    }
    await sendLostAgain(options);
  }

  await jobs.seeGateway(owner, now());
  if (isAlone)
    for (const left of await jobs.goneOwners(now() + 1))
      if (left !== owner) await jobs.release({ owner: left });
  const timers = [
    repeat(sweepDue, dueIntervalMs, onError),
    repeat(sweepPresence, presenceIntervalMs, onError),
  ];
  wake();
  return {
    async [Symbol.asyncDispose]() {
      await Promise.all(timers.map((timer) => timer[Symbol.asyncDispose]()));
      await jobs.forgetGateway(owner).catch(onError);
    },
  };
}

function endOverdue({ finisher, keepMs, now }: JobSweepOptions, job: StoredJob): Promise<unknown> {
  const finishedAtMs = now();
  const ending: JobEnding = {
    jobId: job.id,
    attempt: job.attempt,
    state: "expired",
    finishedAtMs,
    expiresAtMs: finishedAtMs + keepMs,
    answer: null,
    errorCode: job.errorCode ?? "deadline_exceeded",
    errorClass: "deadline",
    errorMessage:
      job.errorMessage ??
      "The deadline came before the job's turn. Nothing was called; submit it again with a later deadline.",
    modelId: null,
    providerId: null,
    costUsd: 0,
    inputTokens: null,
    outputTokens: null,
    isDeadLetter: false,
  };
  return finisher.finish(ending);
}

/** A request of which neither body nor result is left has to be sent again: nobody else will. */
async function sendLostAgain({ running, redis, keyspace, now, onError }: JobSweepOptions): Promise<void> {
  if (redis.status !== "ready") return;
  const sent = [...running.values()].filter(
    ({ submitAgain, beganAtMs }) => submitAgain !== null && now() - beganAtMs > 1_000,
  );
  if (sent.length === 0) return;
  const pipeline = redis.pipeline();
  for (const { job } of sent)
    pipeline.exists(
      keyspace.requestBody(job.requestId),
      keyspace.result(job.requestId),
      keyspace.run(job.requestId.replace(/^req_/, "run_")),
    );
  const replies = (await pipeline.exec()) ?? [];
  for (const [position, { job, submitAgain }] of sent.entries()) {
    const [error, found] = replies[position] ?? [new Error("no reply"), null];
    const isStillRunning = running.get(job.id)?.job === job;
    if (error === null && found === 0 && isStillRunning) submitAgain?.().catch(onError);
  }
}

/** One after the other: a look that takes long is not overtaken by the next. */
function repeat(
  work: () => Promise<void>,
  intervalMs: number,
  onError: (error: unknown) => void,
): AsyncDisposable {
  let isOver = false;
  let current: Promise<void> = Promise.resolve();
  const timer = setInterval(() => {
    if (isOver) return;
    isOver = true;
    current = work()
      .catch(onError)
      .finally(() => (isOver = false));
  }, intervalMs);
  return {
    async [Symbol.asyncDispose]() {
      clearInterval(timer);
      isOver = true;
      await current;
    },
  };
}
