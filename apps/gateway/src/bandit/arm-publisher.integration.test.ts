import { banditSnapshotSchema, createKeyspace, type BanditArm } from "@tokenhub/contracts";
import { uniquePrefix, until } from "@tokenhub/testkit";
import { Redis } from "ioredis";
import { expect, inject, onTestFinished, test } from "vitest";
import { createArmPublisher, snapshotOf, type ArmPublisherOptions } from "./arm-publisher.ts";

const halfLifeMs = 1_000;

function setUp(options: Partial<ArmPublisherOptions> = {}) {
  const redis = new Redis(inject("redisUrl"));
  const keyspace = createKeyspace(uniquePrefix());
  const stored: BanditArm[] = [];
  const errors: unknown[] = [];
  const loads = { count: 0 };
  const publisher = createArmPublisher({
    redis,
    keyspace,
    loadArms: async () => {
      loads.count += 1;
      return stored;
    },
    halfLifeMs,
    now: () => 0,
    onError: (error) => void errors.push(error),
    ...options,
  });
  onTestFinished(async () => {
    await publisher[Symbol.asyncDispose]();
    redis.disconnect();
  });
  const published = async () => {
    const text = await redis.get(keyspace.bandit);
    return text === null ? null : banditSnapshotSchema.parse(JSON.parse(text)).arms;
  };
  return { publisher, stored, published, errors, loads, redis, keyspace };
}

const arm = (modelId: string, alpha = 3, beta = 2): BanditArm => ({
  modelId,
  tokenBucket: "small",
  alpha,
  beta,
  updatedAtMs: 0,
});

test("what the database holds is published, and known here", async () => {
  const { publisher, stored, published } = setUp();
  stored.push(arm("a"));
  await publisher.publish();
  expect(await published()).toEqual([arm("a")]);
  expect(publisher.arms().get("small")?.get("a")).toEqual(arm("a"));
});

test("many changes in a row are published together, after the shortest time between two publications", async () => {
  const { publisher, stored, published, loads } = setUp({ minIntervalMs: 100 });
  await publisher.publish();
  const startedAt = performance.now();
  stored.push(arm("a"));
  for (let change = 0; change < 50; change++) publisher.noteChange();
  await until("the change", async () => (await published())?.length === 1);
  expect(performance.now() - startedAt).toBeGreaterThan(90);
  expect(loads.count).toBe(2);
});

test("a Redis that has lost the snapshot gets it again", async () => {
  const { publisher, stored, published, redis, keyspace } = setUp({ checkIntervalMs: 20 });
  stored.push(arm("a"));
  await publisher.publish();
  await redis.del(keyspace.bandit);
  await until("the snapshot", () => published());
  expect(await published()).toEqual([arm("a")]);
});

test("arms fade for the routers without any new reward, and those that say nothing any more are left out", async () => {
  let nowMs = 0;
  const { publisher, stored, published } = setUp({
    now: () => nowMs,
    checkIntervalMs: 10,
    refreshIntervalMs: 20,
  });
  stored.push(arm("a", 5, 1));
  await publisher.publish();
  nowMs = halfLifeMs;
  await until("half of it", async () => (await published())?.[0]?.alpha === 3);
  nowMs = 100 * halfLifeMs;
  await until("nothing", async () => (await published())?.length === 0);
  expect(publisher.arms().size).toBe(0);
});

test("a database that does not answer is reported and leaves the snapshot as it was", async () => {
  const { publisher, published, errors } = setUp({
    minIntervalMs: 0,
    loadArms: () => Promise.reject(new Error("locked")),
  });
  publisher.noteChange();
  await until("the report", () => errors.length === 1);
  expect(await published()).toBeNull();
});

test("a snapshot shows every arm as it stands at its time", () => {
  expect(snapshotOf([arm("a", 9, 5)], { nowMs: halfLifeMs, halfLifeMs }).arms).toEqual([
    { ...arm("a", 5, 3), updatedAtMs: halfLifeMs },
  ]);
});
