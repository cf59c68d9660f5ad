import {
  createJobRepository,
  queueOverview,
  type FinishOptions,
  type StoredJob,
} from "@tokenhub/persistence";
import type { KeyLookup } from "../access/key-index.ts";
import type { Admission } from "../admission/admission.ts";
import { acceptAsInternal, checkAsInternal } from "../jobs/accept-as-internal.ts";
import { createJobAcceptor } from "../jobs/accept-job.ts";
import { attachToJob } from "../jobs/attach-to-job.ts";
import { callerOfJob } from "../jobs/caller-of-job.ts";
import { createJobCanceller } from "../jobs/cancel-job.ts";
import { executeJob, type HttpHandler } from "../jobs/execute-job.ts";
import { createJobFinisher } from "../jobs/finish-jobs.ts";
import { createJobFollower } from "../jobs/follow-job.ts";
import { createInternalCalls } from "../jobs/internal-call.ts";
import { createJobDoor } from "../jobs/job-door.ts";
import { createJobMetrics } from "../jobs/job-metrics.ts";
import type { JobSettings } from "../jobs/job-settings.ts";
import { openJobWaits } from "../jobs/job-waits.ts";
import { createJobRunner, type JobRunner } from "../jobs/run-jobs.ts";
import { startJobSweeps } from "../jobs/sweep-jobs.ts";
import { runIdOf } from "../orchestration/run-id-of.ts";
import type { Canceller } from "../sync/cancel-request.ts";
import type { Foundation } from "./open-foundation.ts";

export interface JobParts {
  readonly foundation: Foundation;
  readonly settings: JobSettings;
  readonly admission: Pick<Admission, "reserveCost">;
  readonly keys: Pick<KeyLookup, "key" | "tenant" | "project">;
  readonly cancel: Canceller;
  readonly cancelRun: (runId: string) => Promise<unknown>;
  readonly syncWaitMs: number;
  readonly drainMs: number;
  /** What is written with the end of a job. */
  readonly finishing: FinishOptions;
  /** Told of jobs that ended here, after their ends are in the database. */
  readonly onEnded: (jobs: readonly StoredJob[]) => void;
}

export type Jobs = Awaited<ReturnType<typeof openJobs>>;

/** Opens what takes jobs in; `start` begins to carry them out, by the handler of all requests. */
export async function openJobs(stack: AsyncDisposableStack, parts: JobParts) {
  const { foundation, settings, admission, finishing, syncWaitMs } = parts;
  const { db, database, redis, subscriber, keyspace, gatewayId, logger, metrics, now } = foundation;
  const onError = (error: unknown): void =>
    logger.error({ err: error }, "a job could not be moved on; it is tried again");
  const jobs = createJobRepository(db);
  const measured = createJobMetrics(metrics, {
    overview: () => queueOverview(db),
    openLetters: () => jobs.letterCounts({ letter: "open" }),
    now,
  });
  const onEnded = (ended: readonly StoredJob[]): void => {
    measured.ended(ended);
    parts.onEnded(ended);
  };
  const internalCalls = createInternalCalls();
  const waits = stack.use(await openJobWaits({ jobs, subscriber, publisher: redis, keyspace, onError }));
  const ending = new AbortController();
  let runner: JobRunner | null = null;
  let handling: HttpHandler = () => {
    throw new Error("jobs are carried out before there is a handler of requests");
  };
  const executing = {
    jobs,
    handler: ((request, response) => handling(request, response)) satisfies HttpHandler,
    internalCalls,
    callerOf: callerOfJob.bind(null, parts.keys),
  };
  const follower = createJobFollower({ ...executing, waits });
  const acceptor = measured.watch(
    createJobAcceptor({ jobs, admission, ...settings, now, onAccepted: () => runner?.wake() }),
  );
  const finisher = createJobFinisher({
    jobs,
    ...finishing,
    onError,
    signal: ending.signal,
    onEnded(ended) {
      waits.ended(ended.map(({ id }) => id));
      onEnded(ended);
      runner?.wake();
    },
  });
  const canceller = createJobCanceller({
    jobs,
    waits,
    finishing,
    keepMs: settings.keepMs,
    finisher,
    cancelRequest: parts.cancel,
    async isCalled(requestId) {
      const runKey = keyspace.run(runIdOf(requestId));
      // Behind the cancellation on the same connection: whoever has not claimed the call by now finds it cancelled.
      const [state, isRun] = await Promise.all([
        redis.hget(keyspace.callRow(requestId), "state"),
        redis.exists(runKey),
      ]);
      return state !== null || isRun === 1;
    },
    cancelRun: parts.cancelRun,
    onEnded,
    now,
  });

  return {
    repository: jobs,
    internalCalls,
    acceptor,
    waits,
    canceller,
    follower,
    accept: acceptAsInternal.bind(null, executing),
    check: checkAsInternal.bind(null, executing),
    attach: attachToJob.bind(null, executing),
    door: createJobDoor({ acceptor, waits, jobs, syncWaitMs }),
    wake: () => runner?.wake(),
    async start(handler: HttpHandler) {
      handling = handler;
      const started = createJobRunner({
        jobs,
        finisher,
        execute: executeJob.bind(null, executing),
        owner: gatewayId,
        limits: settings.limits,
        cancelRequest: parts.cancel,
        isReady: () => redis.status === "ready",
        keepMs: settings.keepMs,
        now,
        random: Math.random,
        onError,
      });
      runner = started;
      stack.defer(async () => {
        await started.stop(parts.drainMs);
        ending.abort();
      });
      stack.use(
        await startJobSweeps({
          jobs,
          finisher,
          running: started.running,
          wake: () => started.wake(),
          redis,
          keyspace,
          owner: gatewayId,
          isAlone: database.dialect === "sqlite",
          keepMs: settings.keepMs,
          now,
          onError,
        }),
      );
    },
  };
}
