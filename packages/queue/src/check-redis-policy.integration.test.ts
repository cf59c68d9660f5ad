import { startTestRedis, type TestRedis } from "@tokenhub/testkit";
import { Redis } from "ioredis";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { checkRedisPolicy } from "./check-redis-policy.ts";

let server: TestRedis;
let redis: Redis;
beforeAll(async () => {
  server = await startTestRedis();
  redis = new Redis(server.url);
});
afterAll(async () => {
  redis.disconnect();
  await server[Symbol.asyncDispose]();
});

describe("the check of Redis' eviction policy", () => {
  it.each([
    "allkeys-lru",
    "allkeys-lfu",
    "allkeys-random",
    "volatile-lru",
    "volatile-lfu",
    "volatile-random",
    "volatile-ttl",
  ])("finds that %s may throw queued jobs away", async (policy) => {
    await redis.config("SET", "maxmemory-policy", policy);
    expect(await checkRedisPolicy(redis)).toEqual({ kind: "evicting", policy });
  });

  it("finds noeviction safe", async () => {
    await redis.config("SET", "maxmemory-policy", "noeviction");
    expect(await checkRedisPolicy(redis)).toEqual({ kind: "safe" });
  });

  it("does not know where CONFIG is forbidden, as managed services do", async () => {
    await redis.acl("SETUSER", "tenant", "on", ">secret", "~*", "&*", "+@all", "-config");
    const tenant = new Redis({ port: server.port, username: "tenant", password: "secret" });
    try {
      expect(await checkRedisPolicy(tenant)).toEqual({ kind: "unknown" });
    } finally {
      tenant.disconnect();
    }
  });
});
