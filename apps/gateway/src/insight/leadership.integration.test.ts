import { uniquePrefix, until } from "@tokenhub/testkit";
import { Redis } from "ioredis";
import { afterAll, beforeAll, describe, expect, inject, onTestFinished, test } from "vitest";
import { seekLeadership } from "./leadership.ts";

let redis: Redis;
beforeAll(() => {
  redis = new Redis(inject("redisUrl"));
});
afterAll(() => redis.disconnect());

async function seek(key: string, gatewayId: string, connection: Pick<Redis, "eval"> = redis) {
  const errors: unknown[] = [];
  const leadership = await seekLeadership({
    redis: connection,
    key,
    gatewayId,
    leaseMs: 200,
    onError: (error) => void errors.push(error),
  });
  onTestFinished(() => leadership[Symbol.asyncDispose]());
  return leadership;
}

describe("of several gateways", () => {
  test("one leads, and another follows at once when it stops", async () => {
    const key = uniquePrefix();
    const first = await seek(key, "one");
    const second = await seek(key, "two");
    expect([first.isLeader(), second.isLeader()]).toEqual([true, false]);
    await first[Symbol.asyncDispose]();
    expect(first.isLeader()).toBe(false);
    await until("the second", () => second.isLeader());
  });

  test("another leads when the leader dies, after its lease and not before", async () => {
    const key = uniquePrefix();
    await redis.set(key, "dead", "PX", 300);
    const startedAt = performance.now();
    const second = await seek(key, "two");
    await until("the second", () => second.isLeader());
    expect(performance.now() - startedAt).toBeGreaterThan(250);
  });

  test("one that cannot reach Redis stops leading before its lease is over for the others", async () => {
    const key = uniquePrefix();
    let isDown = false;
    const flaky = {
      eval: (...call: unknown[]) =>
        isDown ? Promise.reject(new Error("down")) : redis.eval(...(call as Parameters<Redis["eval"]>)),
    } as unknown as Pick<Redis, "eval">;
    const first = await seek(key, "one", flaky);
    isDown = true;
    await until("the first to notice", () => !first.isLeader());
    const second = await seek(key, "two");
    await until("the second", () => second.isLeader());
    expect(first.isLeader()).toBe(false);
  });
});
