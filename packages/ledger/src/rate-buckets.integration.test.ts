import { createKeyspace } from "@tokenhub/contracts";
import { uniquePrefix, until } from "@tokenhub/testkit";
import { Redis } from "ioredis";
import { afterAll, describe, expect, inject, it } from "vitest";
import { createRateBuckets } from "./rate-buckets.ts";

const connections = Array.from({ length: 4 }, () => new Redis(inject("redisUrl")));
afterAll(() => connections.forEach((connection) => connection.disconnect()));

function setup() {
  const keyspace = createKeyspace(uniquePrefix());
  const gateways = connections.map((redis) => createRateBuckets({ redis, keyspace }));
  const take = (subject: string, limits: { requestsPerSecond: number; burst: number }, gateway = 0) =>
    gateways[gateway]?.take(subject, limits) ?? Promise.reject(new Error("no gateway"));
  return { keyspace, take };
}

describe("a rate that several gateways share", () => {
  it("S3-92: gives out exactly one burst, however many ask at once and wherever", async () => {
    const { take } = setup();
    // So slow that nothing is added while the test runs.
    const limits = { requestsPerSecond: 0.001, burst: 20 };
    const waits = await Promise.all(
      Array.from({ length: 200 }, (_, index) => take("key:a", limits, index % connections.length)),
    );
    expect(waits.filter((waitMs) => waitMs === 0)).toHaveLength(20);
    for (const waitMs of waits.filter((wait) => wait > 0)) {
      expect(waitMs).toBeGreaterThan(900_000);
      expect(waitMs).toBeLessThanOrEqual(1_000_000);
    }
  });

  it("counts each subject by itself", async () => {
    const { take } = setup();
    const limits = { requestsPerSecond: 0.001, burst: 1 };
    expect(await take("key:a", limits)).toBe(0);
    expect(await take("key:b", limits)).toBe(0);
    expect(await take("key:a", limits)).toBeGreaterThan(0);
  });

  it("says how long to wait, and is right", async () => {
    const { take } = setup();
    const limits = { requestsPerSecond: 20, burst: 2 };
    expect(await take("key:a", limits)).toBe(0);
    expect(await take("key:a", limits)).toBe(0);
    const waitMs = await take("key:a", limits);
    expect(waitMs).toBeGreaterThan(0);
    expect(waitMs).toBeLessThanOrEqual(50);
    const refusedAtMs = performance.now();
    await until("a permit", async () => (await take("key:a", limits)) === 0, 2_000);
    expect(performance.now() - refusedAtMs).toBeGreaterThanOrEqual(waitMs - 5);
  });

  it("takes over a limit that was changed", async () => {
    const { take } = setup();
    for (let index = 0; index < 20; index += 1) await take("key:a", { requestsPerSecond: 0.001, burst: 100 });
    const lowered = { requestsPerSecond: 0.001, burst: 2 };
    expect([await take("key:a", lowered), await take("key:a", lowered)]).toEqual([0, 0]);
    expect(await take("key:a", lowered)).toBeGreaterThan(0);
  });

  it("leaves nothing in Redis once its bucket is full again", async () => {
    const { keyspace, take } = setup();
    await take("key:a", { requestsPerSecond: 100, burst: 200 });
    const redis = connections[0];
    const leftMs = await redis?.pttl(keyspace.rateBucket("key:a"));
    expect(leftMs).toBeGreaterThan(0);
    expect(leftMs).toBeLessThanOrEqual(1_010);
  });
});
