import type { CallJob, Keyspace, OrchestrateJob, RouteJob, WebhookJob } from "@tokenhub/contracts";
import { Queue } from "bullmq";
import type { Redis } from "ioredis";
import {
  callQueueName,
  jobCatalogue,
  jobIdOf,
  orchestrateJobIdOf,
  orchestrateQueueName,
  routeQueueName,
  webhookJobIdOf,
  webhookQueueName,
  type JobDefinition,
} from "./catalogue.ts";
import { queuePriorityOf } from "./queue-priority.ts";

export interface JobProducer extends AsyncDisposable {
  /** Adds the routing of a request's round; adding the same round again changes nothing. */
  addRoute(job: RouteJob): Promise<void>;
  /** Adds a provider call; adding the same round again changes nothing. */
  addCall(job: CallJob): Promise<void>;
  /** Has an orchestrator look at a run; adding the same cause again while it waits changes nothing. */
  addOrchestrate(job: OrchestrateJob): Promise<void>;
  /** Adds an attempt to deliver a webhook; adding the same attempt again while it waits changes nothing. */
  addWebhook(job: WebhookJob): Promise<void>;
  /** Jobs not finished yet in one queue, by BullMQ state. */
  countJobs(queueName: string): Promise<Record<string, number>>;
  /** Age in milliseconds of the oldest job that waits or runs in one queue, by BullMQ state; a state without jobs is absent. */
  oldestJobAgeMs(queueName: string): Promise<Record<string, number>>;
}

/** @param redis a client made by `connectProducer`; it stays the caller's to close. */
export function createJobProducer(
  redis: Redis,
  keyspace: Keyspace,
  onError: (error: Error) => void,
): JobProducer {
  const queues = new Map<string, Queue>();

  function queueOf(name: string): Queue {
    const known = queues.get(name);
    if (known !== undefined) return known;
    const queue = new Queue(name, {
      connection: redis,
      prefix: keyspace.queuePrefix,
      skipWaitingForReady: true,
      skipMetasUpdate: true,
    });
    queue.on("error", onError);
    queues.set(name, queue);
    queue.waitUntilReady().catch(() => forget(name, queue));
    return queue;
  }

  /** BullMQ keeps the failure of a queue's first command for ever, so a queue opened in an outage must be opened anew. */
  function forget(name: string, queue: Queue): void {
    if (queues.get(name) === queue) queues.delete(name);
    queue.close().catch(onError);
  }

  async function add<Payload>(
    queueName: string,
    definition: JobDefinition<Payload>,
    {
      jobId,
      payload,
      priority = 0,
    }: { readonly jobId: string; readonly payload: Payload; readonly priority?: number },
  ): Promise<void> {
    await queueOf(queueName).add(definition.kind, payload, {
      jobId,
      priority,
      attempts: definition.attempts,
      backoff: { type: "exponential", delay: 200, jitter: 0.5 },
      removeOnComplete: true,
      removeOnFail: { age: definition.keepFailedSeconds },
    });
  }

  return {
    addRoute: (job) =>
      add(routeQueueName, jobCatalogue.route, {
        jobId: jobIdOf(job),
        payload: job,
        priority: queuePriorityOf(job),
      }),
    addCall: (job) =>
      add(callQueueName(job.decision.chosen.providerId), jobCatalogue.call, {
        jobId: jobIdOf(job),
        payload: job,
        priority: queuePriorityOf(job),
      }),
    addOrchestrate: (job) =>
      add(orchestrateQueueName, jobCatalogue.orchestrate, { jobId: orchestrateJobIdOf(job), payload: job }),
    addWebhook: (job) =>
      add(webhookQueueName, jobCatalogue.webhook, { jobId: webhookJobIdOf(job), payload: job }),
    countJobs: (queueName) => queueOf(queueName).getJobCounts("waiting", "active", "delayed", "prioritized"),
    async oldestJobAgeMs(queueName) {
      const queue = queueOf(queueName);
      const ages = await Promise.all(
        agedStates.map(async (state) => [state, await oldestAgeMs(redis, { queue, state })] as const),
      );
      return Object.fromEntries(ages.flatMap(([state, ageMs]) => (ageMs === null ? [] : [[state, ageMs]])));
    },
    async [Symbol.asyncDispose]() {
      await Promise.all([...queues.values()].map((queue) => queue.close()));
    },
  };
}

/** Delayed jobs are left out: they wait for a time they asked for. */
const agedStates = ["waiting", "prioritized", "active"] as const;

/**
 * The first and the last job of a state are looked at: lists are in order of age, and among prioritized jobs the last one is
 * the one that may starve. Null when there is none.
 */
async function oldestAgeMs(
  redis: Redis,
  { queue, state }: { readonly queue: Queue; readonly state: (typeof agedStates)[number] },
): Promise<number | null> {
  const [first, last] = await Promise.all([
    queue.getRanges([state], 0, 0, true),
    queue.getRanges([state], 0, 0),
  ]);
  const stamps = await Promise.all(
    [...new Set([...first, ...last])].map((id) => redis.hget(queue.toKey(id), "timestamp")),
  );
  const times = stamps.map(Number).filter((time) => time > 0);
  return times.length === 0 ? null : Math.max(0, Date.now() - Math.min(...times));
}
