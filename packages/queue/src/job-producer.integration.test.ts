import { createKeyspace, type OrchestrateJob, type RouteJob } from "@tokenhub/contracts";
import { startTestRedis, uniquePrefix, until, type TestRedis } from "@tokenhub/testkit";
import { Queue } from "bullmq";
import { afterEach, beforeEach, describe, expect, inject, it } from "vitest";
import {
  callQueueName,
  jobCatalogue,
  jobIdOf,
  orchestrateQueueName,
  routeQueueName,
  type JobDefinition,
} from "./catalogue.ts";
import { createJobConsumer } from "./job-consumer.ts";
import { createJobProducer } from "./job-producer.ts";
import { connectProducer, createBlockingConnection } from "./redis-connection.ts";
import { callJob, routeJob } from "./route-job.fixture.ts";
import { tellRun } from "./tell-run.ts";

let stack: AsyncDisposableStack;
beforeEach(() => {
  stack = new AsyncDisposableStack();
});
afterEach(() => stack.disposeAsync());

async function setup(url = inject("redisUrl")) {
  const keyspace = createKeyspace(uniquePrefix());
  // Outages are part of the tests; what matters is how `add` ends.
  const connection = { url, name: "producer-test", onError: () => undefined };
  const redis = stack.adopt(await connectProducer(connection), (client) => client.disconnect());
  const producer = stack.use(createJobProducer(redis, keyspace, () => undefined));

  /** Runs the jobs of one queue and notes the payload of every run. */
  function consumeFrom<Payload>(queueName: string, definition: JobDefinition<Payload>): Payload[] {
    const runs: Payload[] = [];
    const blocking = stack.adopt(createBlockingConnection(connection), (client) => client.disconnect());
    stack.use(
      createJobConsumer({
        queueName,
        definition,
        redis: blocking,
        keyspace,
        onError: () => undefined,
        handler: async (job) => {
          runs.push(job);
          return { kind: "done" };
        },
      }),
    );
    return runs;
  }
  const consume = (): RouteJob[] => consumeFrom(routeQueueName, jobCatalogue.route);
  const consumeOrchestrate = (): OrchestrateJob[] =>
    consumeFrom(orchestrateQueueName, jobCatalogue.orchestrate);
  return { keyspace, redis, producer, consume, consumeOrchestrate };
}

async function privateRedis(): Promise<TestRedis> {
  return stack.use(await startTestRedis());
}

/** How long a refusal takes; fails when there is none. */
async function refusalMs(add: () => Promise<void>): Promise<number> {
  const startedAtMs = performance.now();
  const outcome = await add().then(
    () => "added",
    () => "refused",
  );
  expect(outcome).toBe("refused");
  return performance.now() - startedAtMs;
}

const succeeds = (add: () => Promise<void>) => () =>
  add().then(
    () => true,
    () => false,
  );

describe("the age of the oldest job", () => {
  it("is told by state, and nothing of a state without jobs", async () => {
    const { producer } = await setup();
    expect(await producer.oldestJobAgeMs(routeQueueName)).toEqual({});
    const startedAtMs = Date.now();
    await producer.addRoute(routeJob(1));
    await until("a second to pass", () => Date.now() > startedAtMs + 1_000);
    await producer.addRoute(routeJob(2));
    const ages = await producer.oldestJobAgeMs(routeQueueName);
    expect(Object.keys(ages)).toEqual(["waiting"]);
    expect(ages["waiting"]).toBeGreaterThan(900);
  });

  it("is that of a job that starves behind younger ones of a better priority", async () => {
    const { keyspace, redis, producer } = await setup();
    const queue = new Queue(routeQueueName, {
      connection: redis,
      prefix: keyspace.queuePrefix,
      skipWaitingForReady: true,
    });
    stack.defer(() => queue.close());
    const nowMs = Date.now();
    await queue.add("route", {}, { priority: 9, timestamp: nowMs - 60_000 });
    for (const priority of [1, 2]) await queue.add("route", {}, { priority, timestamp: nowMs });
    expect((await producer.oldestJobAgeMs(routeQueueName))["prioritized"]).toBeGreaterThanOrEqual(60_000);
  });
});

describe("adding a round", () => {
  it("many times at once gives one job, with the data of the first", async () => {
    const { producer, consume } = await setup();
    await producer.addRoute(routeJob(1, { tenantId: "first" }));
    await Promise.all(
      Array.from({ length: 20 }, () => producer.addRoute(routeJob(1, { tenantId: "later" }))),
    );
    expect(await producer.countJobs(routeQueueName)).toMatchObject({ waiting: 1, delayed: 0 });
    const runs = consume();
    await producer.addRoute(routeJob(2));
    await until("the later job", () => runs.find((job) => job.requestId === routeJob(2).requestId));
    expect(runs.map((job) => job.tenantId)).toEqual(["first", "tenant"]);
  });

  it("leaves nothing in Redis once it is over: only the call ledger remembers", async () => {
    const { keyspace, redis, producer, consume } = await setup();
    const runs = consume();
    await producer.addRoute(routeJob(1));
    const recordKey = `${keyspace.queuePrefix}:${routeQueueName}:${jobIdOf(routeJob(1))}`;
    await until("the end", async () => runs.length === 1 && (await redis.exists(recordKey)) === 0);
    expect(await redis.exists(`${keyspace.queuePrefix}:${routeQueueName}:completed`)).toBe(0);
    expect(Object.values(await producer.countJobs(routeQueueName))).toEqual([0, 0, 0, 0]);
  });

  it("of a later number is a job of its own", async () => {
    const { producer } = await setup();
    await producer.addRoute(routeJob(1, { round: 0 }));
    await producer.addRoute(routeJob(1, { round: 1 }));
    expect(await producer.countJobs(routeQueueName)).toMatchObject({ waiting: 2 });
  });

  it("puts a call into the queue of the chosen provider only", async () => {
    const { producer } = await setup();
    await Promise.all([
      producer.addCall(callJob(1, "a")),
      producer.addCall(callJob(1, "b")),
      producer.addCall(callJob(2, "b")),
    ]);
    expect(await producer.countJobs(callQueueName("a"))).toMatchObject({ waiting: 1 });
    expect(await producer.countJobs(callQueueName("b"))).toMatchObject({ waiting: 2 });
    expect(await producer.countJobs(routeQueueName)).toMatchObject({ waiting: 0 });
  });
});

describe("telling of a run", () => {
  const runId = "run_0123456789abcdef";
  const look = (cause: string): OrchestrateJob => ({ v: 1, runId, cause, traceparent: null });

  it("many times for one cause gives one look at it, another cause gives its own", async () => {
    const { producer, consumeOrchestrate } = await setup();
    await Promise.all(Array.from({ length: 20 }, () => producer.addOrchestrate(look("start"))));
    await producer.addOrchestrate(look("due-1"));
    expect(await producer.countJobs(orchestrateQueueName)).toMatchObject({ waiting: 2 });
    const looks = consumeOrchestrate();
    await until("both looks", () => looks.length === 2);
    expect(looks.map(({ cause }) => cause).toSorted()).toEqual(["due-1", "start"]);
  });

  it("of a cause that was looked at before has it looked at again", async () => {
    const { producer, keyspace, redis, consumeOrchestrate } = await setup();
    const looks = consumeOrchestrate();
    const recordKey = `${keyspace.queuePrefix}:${orchestrateQueueName}:${runId}.start`;
    for (const count of [1, 2, 3]) {
      await producer.addOrchestrate(look("start"));
      await until(
        "the look to be over",
        async () => looks.length === count && (await redis.exists(recordKey)) === 0,
      );
    }
    expect(looks.map(({ cause }) => cause)).toEqual(["start", "start", "start"]);
  });

  it("is done at the end of its calls only, whose traces it goes on with", async () => {
    const { producer, consumeOrchestrate } = await setup();
    const looks = consumeOrchestrate();
    await tellRun(producer, { job: routeJob(1), isOver: true });
    const traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    await tellRun(producer, { job: routeJob(2, { runId, traceparent }), isOver: true });
    await until("the look", () => looks.length > 0);
    expect(looks).toEqual([{ v: 1, runId, cause: routeJob(2).requestId, traceparent }]);
  });

  it("that a call ended is never taken for a repeat of the news that it may have", async () => {
    const { producer } = await setup();
    await tellRun(producer, { job: routeJob(1, { runId }), isOver: false });
    await tellRun(producer, { job: routeJob(1, { runId }), isOver: true });
    expect(await producer.countJobs(orchestrateQueueName)).toMatchObject({ waiting: 2 });
  });

  it("is understood by the orchestrator even of the longest request id", async () => {
    const { producer, consumeOrchestrate } = await setup();
    const looks = consumeOrchestrate();
    const job = { runId, requestId: `req_${"f".repeat(64)}`, traceparent: null };
    await tellRun(producer, { job, isOver: false });
    await until("the look", () => looks.length === 1);
    expect(looks[0]?.cause).toContain(job.requestId);
  });
});

describe("a payload of an unknown version", () => {
  it("fails for good at its first delivery, with its reason, and never reaches the handler", async () => {
    const { keyspace, redis, producer, consume } = await setup();
    const queue = stack.adopt(
      new Queue(routeQueueName, { connection: redis, prefix: keyspace.queuePrefix }),
      (opened) => opened.close(),
    );
    const runs = consume();
    await queue.add("route", { ...routeJob(1), v: 2 }, { jobId: "newer", attempts: 5 });
    await until("the failure", () => queue.getJobState("newer").then((state) => state === "failed"));
    const job = await queue.getJob("newer");
    expect(job?.failedReason).toBe("payload of route job is not of a known version");
    expect(job?.attemptsMade).toBe(1);
    await producer.addRoute(routeJob(2));
    await until("the next job", () => runs.length > 0);
    expect(runs).toEqual([routeJob(2)]);
  });
});

describe("when Redis is in trouble, adding", () => {
  it("fails in about a second while Redis is frozen, and works afterwards, the lost round included", async () => {
    const redis = await privateRedis();
    const { producer } = await setup(redis.url);
    await producer.addRoute(routeJob(1));
    redis.pause();
    try {
      const refusalsMs = await Promise.all([
        refusalMs(() => producer.addRoute(routeJob(2))),
        refusalMs(() => producer.addCall(callJob(1, "first-used-now"))),
      ]);
      expect(Math.max(...refusalsMs)).toBeLessThan(1_500);
    } finally {
      redis.resume();
    }
    await until(
      "adding to work again",
      succeeds(() => producer.addRoute(routeJob(2))),
    );
    await until(
      "the other queue to work",
      succeeds(() => producer.addCall(callJob(1, "first-used-now"))),
    );
    // The frozen Redis may have carried out the add that timed out here: still one job per round.
    expect(await producer.countJobs(routeQueueName)).toMatchObject({ waiting: 2 });
    expect(await producer.countJobs(callQueueName("first-used-now"))).toMatchObject({ waiting: 1 });
  });

  it("fails at once while Redis is down, and works again after it has returned", async () => {
    const redis = await privateRedis();
    const { producer } = await setup(redis.url);
    await producer.addRoute(routeJob(1));
    await redis.kill();
    await until(
      "the loss to be noticed",
      async () => (await refusalMs(() => producer.addRoute(routeJob(2)))) < 50,
    );
    for (let number = 0; number < 20; number += 1) {
      expect(await refusalMs(() => producer.addRoute(routeJob(3)))).toBeLessThan(200);
    }
    await redis.start();
    await until(
      "adding to work again",
      succeeds(() => producer.addRoute(routeJob(4))),
    );
    expect(await producer.countJobs(routeQueueName)).toMatchObject({ waiting: 2 });
  });

  it("to a queue that is first used during the outage works after it", async () => {
    const redis = await privateRedis();
    const { producer } = await setup(redis.url);
    await redis.kill();
    await refusalMs(() => producer.addRoute(routeJob(1)));
    await refusalMs(() => producer.addCall(callJob(1, "a")));
    await redis.start();
    await until(
      "routing to work",
      succeeds(() => producer.addRoute(routeJob(1))),
    );
    await until(
      "calls to work",
      succeeds(() => producer.addCall(callJob(1, "a"))),
    );
    expect(await producer.countJobs(callQueueName("a"))).toMatchObject({ waiting: 1 });
  });
});
