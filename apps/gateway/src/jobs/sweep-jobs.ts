import type { Keyspace } from "@tokenhub/contracts";
import type { JobEnding, JobRepository, StoredJob } from "@tokenhub/persistence";
import type { Redis } from "ioredis";
import type { JobFinisher } from "./finish-jobs.ts";
import { repeatWork } from "./repeat-work.ts";
import type { RunningJob } from "./run-jobs.ts";
import { sendLostAgain } from "./send-lost-again.ts";

export interface JobSweepOptions {
  readonly jobs: Pick<
    JobRepository,
    "promoteDue" | "takeOverdue" | "seeGateway" | "goneOwners" | "runningOf" | "release" | "forgetGateway"
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
  const { jobs, running, owner, isAlone, wake, now, onError } = options;
  let suspects: ReadonlySet<string> = new Set();
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
  }

  /** Jobs that are this gateway's by the database, of which it does not know: the answer to its claim was lost. */
  async function sweepOrphans(): Promise<void> {
    const unknown = (await jobs.runningOf(owner)).filter((id) => !running.has(id));
    // A claim or an end may just be under way: only what is found twice is left over.
    const orphans = unknown.filter((id) => suspects.has(id));
    suspects = new Set(unknown);
    if (orphans.length > 0) await jobs.release({ owner, jobIds: orphans });
  }

  await jobs.seeGateway(owner, now());
  if (isAlone)
    for (const left of await jobs.goneOwners(now() + 1))
      if (left !== owner) await jobs.release({ owner: left });
  const timers = [
    repeatWork(sweepDue, { intervalMs: dueIntervalMs, onError }),
    repeatWork(sweepPresence, { intervalMs: presenceIntervalMs, onError }),
    repeatWork(sweepOrphans, { intervalMs: presenceIntervalMs, onError }),
    repeatWork(() => sendLostAgain(options), { intervalMs: presenceIntervalMs, onError }),
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
