import { startChaosProxy } from "@tokenhub/testkit";
import { Redis } from "ioredis";
import { afterEach, beforeEach, describe, expect, inject, it } from "vitest";
import { limitSilence } from "./limit-silence.ts";

let stack: AsyncDisposableStack;
beforeEach(() => {
  stack = new AsyncDisposableStack();
});
afterEach(() => stack.disposeAsync());

async function setup(timeoutMs: number) {
  const proxy = stack.use(await startChaosProxy({ upstreamPort: Number(new URL(inject("redisUrl")).port) }));
  const redis = stack.adopt(new Redis({ port: proxy.port, maxRetriesPerRequest: 1 }), (client) =>
    client.disconnect(),
  );
  redis.on("error", () => undefined);
  await redis.ping();
  limitSilence(redis, { timeoutMs });
  return { proxy, redis };
}

/** Keeps the event loop from turning, as a burst of work does. */
function stall(durationMs: number): void {
  const endMs = performance.now() + durationMs;
  while (performance.now() < endMs);
}

describe("a client that does not wait for ever", () => {
  it("fails a command that is not answered in time, and the next one again", async () => {
    const { proxy, redis } = await setup(200);
    proxy.set({ isStalled: true });
    for (let round = 0; round < 2; round++) {
      const startedAtMs = performance.now();
      await expect(redis.ping()).rejects.toThrow("Redis did not answer within 200 ms");
      expect(performance.now() - startedAtMs).toBeGreaterThan(190);
    }
  });

  it("does not blame Redis for the time in which this process was too busy to read", async () => {
    const { redis } = await setup(200);
    for (let round = 0; round < 2; round++) {
      const answers = Promise.all(Array.from({ length: 50 }, () => redis.ping()));
      setImmediate(() => stall(500));
      await new Promise((resolve) => setImmediate(resolve));
      stall(500);
      expect(await answers).toHaveLength(50);
    }
  });

  it("times scripts and transactions as it does commands", async () => {
    const { proxy, redis } = await setup(200);
    proxy.set({ isStalled: true });
    await expect(redis.eval("return 1", 0)).rejects.toThrow("did not answer");
    await expect(redis.multi().set("limit-silence:key", "1").exec()).rejects.toThrow("did not answer");
  });
});
