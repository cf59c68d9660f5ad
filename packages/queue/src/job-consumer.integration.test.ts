import { createKeyspace, type RouteJob } from "@tokenhub/contracts";
import { startTestRedis, uniquePrefix, until } from "@tokenhub/testkit";
import { Queue } from "bullmq";
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, inject, it } from "vitest";
import { jobCatalogue, jobIdOf, recoveryTimings, routeQueueName } from "./catalogue.ts";
import { createJobConsumer, type JobHandler, type JobOutcome } from "./job-consumer.ts";
import { createJobProducer } from "./job-producer.ts";
import { connectProducer, createBlockingConnection } from "./redis-connection.ts";
import { routeJob } from "./route-job.fixture.ts";

const done: JobOutcome = { kind: "done" };
const handBack: JobOutcome = { kind: "snooze", delayMs: 0 };

/** A queue of its own for every test. The tests wait for timers, so they run side by side, the longest first. */
async function setup(url = inject("redisUrl")) {
  const stack = new AsyncDisposableStack();
  const prefix = uniquePrefix();
  const keyspace = createKeyspace(prefix);
  const errors: string[] = [];
  const onError = (error: Error): void => void errors.push(error.message);
  const connection = { url, name: "consumer-test", onError };
  const redis = stack.adopt(await connectProducer(connection), (client) => client.disconnect());
  const producer = stack.use(createJobProducer(redis, keyspace, onError));
  const queue = stack.adopt(
    new Queue(routeQueueName, { connection: redis, prefix: keyspace.queuePrefix }),
    (opened) => opened.close(),
  );

  queue.on("error", onError);

  function consume(
    handler: JobHandler<RouteJob>,
    concurrency = 10,
    onGivenUp: (payload: RouteJob, reason: Error) => Promise<void> = () => Promise.resolve(),
  ) {
    const blocking = stack.adopt(createBlockingConnection(connection), (client) => client.disconnect());
    const definition = jobCatalogue.route;
    const options = {
      queueName: routeQueueName,
      definition,
      redis: blocking,
      keyspace,
      onError,
      concurrency,
      handler,
      onGivenUp,
    };
    return stack.use(createJobConsumer(options));
  }

  /** Starts a process that takes jobs and finishes none; resolves with the way to kill it once it runs `requestId`. */
  async function runInProcess(requestId: string): Promise<() => Promise<void>> {
    const child = spawnConsumer(url, prefix);
    stack.defer(() => endProcess(child));
    let output = "";
    child.stdout.on("data", (bytes: Buffer) => (output += bytes.toString()));
    await until("the process to run the job", () => output.includes(requestId), 15_000);
    return () => endProcess(child);
  }
  /** What the queue keeps of a job; only while it is not over, or has failed. */
  const recordOf = (job: RouteJob) => queue.getJob(jobIdOf(job));
  const ended = (job: RouteJob, timeoutMs = 10_000) =>
    until("the job to end", async () => (await queue.getJobState(jobIdOf(job))) === "unknown", timeoutMs);
  const queueKey = (name: string) => `${keyspace.queuePrefix}:${routeQueueName}:${name}`;
  const loseLock = (job: RouteJob) => redis.del(`${queueKey(jobIdOf(job))}:lock`);
  /** Brings about what time does to the job of a dead worker: its lock runs out and a check has seen it running. */
  async function expire(job: RouteJob): Promise<void> {
    await loseLock(job);
    await redis.sadd(queueKey("stalled"), jobIdOf(job));
    await redis.del(queueKey("stalled-check"));
  }
  return {
    redis,
    producer,
    queue,
    consume,
    runInProcess,
    recordOf,
    ended,
    errors,
    expire,
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}

function spawnConsumer(url: string, prefix: string) {
  const file = fileURLToPath(new URL("consumer-process.fixture.ts", import.meta.url));
  return spawn(process.execPath, [file, url, prefix], { stdio: ["ignore", "pipe", "inherit"] });
}

async function endProcess(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, "exit");
  child.kill("SIGKILL");
  await exited;
}

const aborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));

const endsWithin = (limitMs: number, ending: Promise<unknown>): Promise<boolean> =>
  Promise.race([ending.then(() => true), sleep(limitMs, false)]);

describe.concurrent("an outage of Redis", () => {
  it("of 6 s loses no acknowledged job, and consumers take jobs again after it", async () => {
    await using server = await startTestRedis();
    await using kit = await setup(server.url);
    const { producer, consume } = kit;
    const handled = new Set<string>();
    for (let index = 0; index < 2; index += 1) {
      consume(async (job) => {
        handled.add(job.requestId);
        return done;
      }, 2);
    }
    const acknowledged = new Set<string>();
    let number = 0;
    const add = async (): Promise<void> => {
      const job = routeJob((number += 1));
      const isAdded = await producer.addRoute(job).then(
        () => true,
        () => false,
      );
      if (isAdded) acknowledged.add(job.requestId);
    };

    for (let index = 0; index < 200; index += 1) await add();
    const burst = Promise.all(Array.from({ length: 300 }, add));
    await server.kill();
    await burst;
    await sleep(6_000);
    await server.start();
    const before = acknowledged.size;
    await until(
      "jobs to be accepted again",
      async () => {
        await add();
        return acknowledged.size >= before + 20;
      },
      15_000,
    );
    await until("every acknowledged job", () => [...acknowledged].every((id) => handled.has(id)), 20_000);
    expect(acknowledged.size).toBeGreaterThan(200);
  });
});

describe.concurrent("after a crash", () => {
  it("a job whose worker process was killed runs again within 15 s", async () => {
    await using kit = await setup();
    const { producer, consume, runInProcess, ended } = kit;
    await producer.addRoute(routeJob(1));
    const kill = await runInProcess(routeJob(1).requestId);
    await kill();
    const killedAtMs = performance.now();
    const runAgain = Promise.withResolvers<number>();
    consume(async () => {
      runAgain.resolve(performance.now());
      return done;
    });
    expect((await runAgain.promise) - killedAtMs).toBeLessThan(15_000);
    await ended(routeJob(1));
  });

  it("a job outlives several dead workers in a row", async () => {
    await using kit = await setup();
    const { producer, consume, runInProcess, recordOf, ended, expire } = kit;
    const job = routeJob(1);
    await producer.addRoute(job);
    for (const _death of [1, 2, 3]) {
      const kill = await runInProcess(job.requestId);
      await kill();
      await expire(job);
    }
    const lastRun = Promise.withResolvers<Awaited<ReturnType<typeof recordOf>>>();
    consume(async (taken) => {
      lastRun.resolve(await recordOf(taken));
      return done;
    });
    expect(await lastRun.promise).toMatchObject({ stalledCounter: 3, attemptsMade: 0 });
    await ended(job);
    expect(recoveryTimings.maxStalledCount).toBeGreaterThan(3);
  });
});

describe.concurrent("stopping", () => {
  it("waits for a running handler within the grace time, takes nothing new, and does not abort", async () => {
    await using kit = await setup();
    const { producer, queue, consume } = kit;
    const started = Promise.withResolvers<AbortSignal>();
    const release = Promise.withResolvers<void>();
    const runs: string[] = [];
    const consumer = consume(async (job, signal) => {
      runs.push(job.requestId);
      started.resolve(signal);
      await release.promise;
      return done;
    });
    await producer.addRoute(routeJob(1));
    const signal = await started.promise;
    let isStopped = false;
    const stopping = consumer.stop(20_000).then(() => (isStopped = true));
    const readers = async () => (await queue.getWorkers()).length;
    await until("the reading connection to close", async () => (await readers()) === 0);
    await producer.addRoute(routeJob(2));
    // Longer than a stop without running handlers would wait for Redis.
    await sleep(3_500);
    expect([consumer.isRunning(), consumer.running(), isStopped, signal.aborted]).toEqual([
      false,
      1,
      false,
      false,
    ]);
    release.resolve();
    await stopping;
    expect(signal.aborted).toBe(false);
    expect(runs).toEqual([routeJob(1).requestId]);
    expect(await queue.getJobState(jobIdOf(routeJob(1)))).toBe("unknown");
    expect(await queue.getJobState(jobIdOf(routeJob(2)))).toBe("waiting");
  });

  it("aborts the handler after the grace time, not before, and another consumer takes the job at no cost", async () => {
    await using kit = await setup();
    const { producer, consume, recordOf, ended } = kit;
    const started = Promise.withResolvers<void>();
    let abortedAtMs = 0;
    const leaving = consume(async (_job, signal) => {
      started.resolve();
      await aborted(signal);
      abortedAtMs = performance.now();
      return handBack;
    });
    await producer.addRoute(routeJob(1));
    await started.promise;
    const lastRun = Promise.withResolvers<Awaited<ReturnType<typeof recordOf>>>();
    const staying = consume(async (job) => {
      lastRun.resolve(await recordOf(job));
      return done;
    });
    const stoppedAtMs = performance.now();
    await leaving.stop(400);
    expect(abortedAtMs - stoppedAtMs).toBeGreaterThan(395);
    expect(abortedAtMs - stoppedAtMs).toBeLessThan(2_000);
    expect(await lastRun.promise).toMatchObject({ attemptsMade: 0, attemptsStarted: 2, stalledCounter: 0 });
    await ended(routeJob(1), 2_000);
    expect(staying.isRunning()).toBe(true);
  });

  it("ends although a handler does not heed the signal, and says so", async () => {
    await using kit = await setup();
    const { producer, consume, errors } = kit;
    const consumer = consume(() => new Promise(() => undefined));
    await producer.addRoute(routeJob(1));
    await until("the handler", () => consumer.running() === 1);
    expect(await endsWithin(6_000, consumer.stop(100))).toBe(true);
    expect(errors.join()).toContain("could not be left in order");
  });

  it("ends although Redis is gone", async () => {
    await using server = await startTestRedis();
    await using kit = await setup(server.url);
    const { producer, consume } = kit;
    const busy = consume(async (_job, signal) => {
      await aborted(signal);
      return handBack;
    });
    await producer.addRoute(routeJob(1));
    await until("the handler", () => busy.running() === 1);
    const idle = consume(async () => done);
    await server.kill();
    const graceMs = 100;
    expect(await endsWithin(6_000, Promise.all([busy.stop(graceMs), idle.stop(graceMs)]))).toBe(true);
  });

  it("does not use up the grace time when Redis is gone and nothing runs", async () => {
    await using server = await startTestRedis();
    await using kit = await setup(server.url);
    const { queue, consume, errors } = kit;
    const idle = consume(async () => done);
    await until("the consumer to read", async () => (await queue.getWorkers()).length > 0);
    await server.kill();
    // By then its connections pause between attempts, which is where closing them gets stuck.
    await until("several attempts to reconnect", () => errors.length > 15);
    expect(await endsWithin(6_000, idle.stop(60_000))).toBe(true);
  });
});

describe.concurrent("a consumer", () => {
  it("runs as many jobs at a time as it was told, and no more", async () => {
    await using kit = await setup();
    const { producer, queue, consume } = kit;
    const release = Promise.withResolvers<void>();
    let most = 0;
    let finished = 0;
    const consumer = consume(async () => {
      most = Math.max(most, consumer.running());
      await release.promise;
      finished += 1;
      return done;
    }, 3);
    await Promise.all(Array.from({ length: 9 }, (_, index) => producer.addRoute(routeJob(index))));
    await until("the consumer to be full", () => consumer.running() === 3);
    expect(await queue.getActiveCount()).toBe(3);
    release.resolve();
    await until("the end", () => finished === 9);
    await until("the last handler to be counted off", () => consumer.running() === 0);
    expect(most).toBe(3);
  });

  it("lets a handler whose lock was lost go on: the job runs beside it, and the call ledger is the fence", async () => {
    await using kit = await setup();
    const { producer, consume, expire } = kit;
    const release = Promise.withResolvers<void>();
    const again = Promise.withResolvers<void>();
    const signals: AbortSignal[] = [];
    consume(async (_job, signal) => {
      signals.push(signal);
      if (signals.length > 1) again.resolve();
      await release.promise;
      return done;
    });
    await producer.addRoute(routeJob(1));
    await until("the job to run", () => signals.length === 1);
    await expire(routeJob(1));
    await again.promise;
    expect(signals.map((signal) => signal.aborted)).toEqual([false, false]);
    release.resolve();
  });
});

describe.concurrent("the outcome", () => {
  it("done ends a job after one run", async () => {
    await using kit = await setup();
    const { producer, consume, ended } = kit;
    const runs: RouteJob[] = [];
    consume(async (job) => {
      runs.push(job);
      return done;
    });
    await producer.addRoute(routeJob(1));
    await ended(routeJob(1));
    expect(runs).toEqual([routeJob(1)]);
  });

  it("snooze costs no attempt, however often, and brings the job back after its delay", async () => {
    await using kit = await setup();
    const { producer, consume, recordOf, ended } = kit;
    const snoozes = jobCatalogue.route.attempts + 3;
    const runsAtMs: number[] = [];
    let record: Awaited<ReturnType<typeof recordOf>>;
    consume(async (job) => {
      runsAtMs.push(performance.now());
      record = await recordOf(job);
      return runsAtMs.length <= snoozes ? { kind: "snooze", delayMs: 80 } : done;
    });
    await producer.addRoute(routeJob(1));
    await ended(routeJob(1));
    const pausesMs = runsAtMs.slice(1).map((atMs, index) => atMs - (runsAtMs[index] ?? 0));
    expect(pausesMs).toHaveLength(snoozes);
    // Redis keeps the due time in whole milliseconds.
    for (const pauseMs of pausesMs) expect(pauseMs).toBeGreaterThan(78);
    for (const pauseMs of pausesMs) expect(pauseMs).toBeLessThan(1_000);
    expect(record).toMatchObject({ attemptsMade: 0, attemptsStarted: snoozes + 1 });
  });

  it("snooze of 0 hands the job to another worker at once, at no cost", async () => {
    await using kit = await setup();
    const { producer, consume, recordOf, ended, errors } = kit;
    let handedBackAtMs = 0;
    const leaving = consume(async () => {
      void leaving.stop(5_000);
      handedBackAtMs = performance.now();
      return handBack;
    });
    await producer.addRoute(routeJob(1));
    await until("the hand-over", () => handedBackAtMs > 0);
    let takenAtMs = 0;
    let record: Awaited<ReturnType<typeof recordOf>>;
    consume(async (job) => {
      takenAtMs = performance.now();
      record = await recordOf(job);
      return done;
    });
    await until("the other worker", () => takenAtMs > 0);
    expect(takenAtMs - handedBackAtMs).toBeLessThan(1_000);
    await ended(routeJob(1));
    // The leaving consumer's own blocking reads may see the job once each before the other worker has it.
    expect(record).toMatchObject({ attemptsMade: 0 });
    expect(record?.attemptsStarted).toBeLessThanOrEqual(5);
    expect(errors).toEqual([]);
  });

  it("a job whose handler throws on every attempt is given up once, with its payload", async () => {
    await using kit = await setup();
    const givenUp: [requestId: string, reason: string][] = [];
    let runs = 0;
    kit.consume(
      async () => {
        runs += 1;
        throw new Error("broken");
      },
      1,
      async (payload, reason) => void givenUp.push([payload.requestId, reason.message]),
    );
    const job = routeJob();
    await kit.producer.addRoute(job);
    await until("the job to be given up", () => givenUp.length > 0, 15_000);
    expect(runs).toBe(jobCatalogue.route.attempts);
    expect(givenUp).toEqual([[job.requestId, "broken"]]);
  });

  it("fail is final: its reason is kept and the attempts that are left are not used", async () => {
    await using kit = await setup();
    const { producer, queue, consume, recordOf } = kit;
    let runs = 0;
    consume(async () => {
      runs += 1;
      return { kind: "fail", reason: "no provider is left" };
    });
    await producer.addRoute(routeJob(1));
    await until("the failure", async () => (await queue.getFailedCount()) === 1);
    expect((await recordOf(routeJob(1)))?.failedReason).toBe("no provider is left");
    expect(await queue.getDelayedCount()).toBe(0);
    expect(runs).toBe(1);
  });

  it("of a handler that throws is another run, until one succeeds", async () => {
    await using kit = await setup();
    const { producer, consume, ended } = kit;
    let runs = 0;
    consume(async () => {
      runs += 1;
      if (runs < 3) throw new Error("our own fault");
      return done;
    });
    await producer.addRoute(routeJob(1));
    await ended(routeJob(1));
    expect(runs).toBe(3);
  });

  it("of a handler that always throws is a failure after the attempts of the catalogue, with the last error", async () => {
    await using kit = await setup();
    const { producer, queue, consume, recordOf } = kit;
    let runs = 0;
    consume(async () => {
      runs += 1;
      throw new Error(`fault ${runs}`);
    });
    await producer.addRoute(routeJob(1));
    await until("the failure", async () => (await queue.getFailedCount()) === 1, 15_000);
    expect(runs).toBe(jobCatalogue.route.attempts);
    expect((await recordOf(routeJob(1)))?.failedReason).toBe(`fault ${runs}`);
  });
});
