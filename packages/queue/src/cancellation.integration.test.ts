import { createKeyspace } from "@tokenhub/contracts";
import { startTestRedis, uniquePrefix, until } from "@tokenhub/testkit";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, inject, it } from "vitest";
import { cancelRequest, followCancellations } from "./cancellation.ts";
import { connectProducer, createBlockingConnection } from "./redis-connection.ts";

let stack: AsyncDisposableStack;
beforeEach(() => {
  stack = new AsyncDisposableStack();
});
afterEach(() => stack.disposeAsync());

async function setup(url = inject("redisUrl")) {
  const keyspace = createKeyspace(uniquePrefix());
  const connection = { url, name: "cancellation-test", onError: () => undefined };
  const redis = stack.adopt(await connectProducer(connection), (client) => client.disconnect());
  const newSubscriber = () =>
    stack.adopt(createBlockingConnection(connection), (client) => client.disconnect());
  const follow = async () => {
    const cancelled: string[] = [];
    const follower = await followCancellations(newSubscriber(), keyspace, (id) => cancelled.push(id));
    return { cancelled, follower };
  };
  return {
    keyspace,
    redis,
    newSubscriber,
    follow,
    cancel: (id: string) => cancelRequest(redis, keyspace, id),
  };
}

describe("a cancellation", () => {
  it("reaches every worker, and leaves a flag for calls that have not begun", async () => {
    const { keyspace, redis, follow, cancel } = await setup();
    const workers = [await follow(), await follow()];
    await cancel("req_a");
    await until("both workers", () => workers.every(({ cancelled }) => cancelled.length > 0));
    expect(workers.map(({ cancelled }) => cancelled)).toEqual([["req_a"], ["req_a"]]);
    expect(await redis.exists(keyspace.cancelFlag("req_a"))).toBe(1);
    expect(await redis.exists(keyspace.cancelFlag("req_b"))).toBe(0);
  });

  it("leaves a flag that outlives any call and then goes away by itself", async () => {
    const { keyspace, redis, cancel } = await setup();
    await cancel("req_a");
    const ttlMs = await redis.pttl(keyspace.cancelFlag("req_a"));
    expect(ttlMs).toBeGreaterThan(3_500_000);
    expect(ttlMs).toBeLessThanOrEqual(3_600_000);
  });

  it("is an error to its caller while Redis is down: it must not look as if it had been done", async () => {
    const server = stack.use(await startTestRedis());
    const { cancel } = await setup(server.url);
    await cancel("req_a");
    await server.kill();
    expect(
      await cancel("req_b").then(
        () => "done",
        () => "failed",
      ),
    ).toBe("failed");
  });
});

describe("a follower", () => {
  it("leaves other channels of its connection alone", async () => {
    const { keyspace, redis, newSubscriber } = await setup();
    const subscriber = newSubscriber();
    const cancelled: string[] = [];
    const others: string[] = [];
    subscriber.on("message", (channel: string, text: string) => {
      if (channel === keyspace.healthChannel) others.push(text);
    });
    await subscriber.subscribe(keyspace.healthChannel);
    const follower = await followCancellations(subscriber, keyspace, (id) => cancelled.push(id));
    await redis.publish(keyspace.healthChannel, "first");
    await cancelRequest(redis, keyspace, "req_a");
    await until("the cancellation", () => cancelled.length > 0);
    expect(cancelled).toEqual(["req_a"]);
    await follower[Symbol.asyncDispose]();
    await redis.publish(keyspace.healthChannel, "second");
    await until("the other channel", () => others.length === 2);
  });

  it("hears nothing more once it is disposed", async () => {
    const { follow, cancel } = await setup();
    const gone = await follow();
    const staying = await follow();
    await gone.follower[Symbol.asyncDispose]();
    await cancel("req_a");
    await until("the other follower", () => staying.cancelled.length > 0);
    expect(gone.cancelled).toEqual([]);
  });

  it("can be disposed at once while Redis is down, and after a moment while it is frozen", async () => {
    const server = stack.use(await startTestRedis());
    const { follow, newSubscriber, keyspace } = await setup(server.url);
    const disposalMs = async (follower: AsyncDisposable): Promise<number> => {
      const startedAtMs = performance.now();
      const isOver = await Promise.race([
        follower[Symbol.asyncDispose]().then(() => true),
        sleep(5_000, false),
      ]);
      expect(isOver).toBe(true);
      return performance.now() - startedAtMs;
    };
    const first = await follow();
    const subscriber = newSubscriber();
    const second = await followCancellations(subscriber, keyspace, () => undefined);
    server.pause();
    expect(await disposalMs(first.follower)).toBeLessThan(2_000);
    server.resume();
    await server.kill();
    await until("the loss to be noticed", () => subscriber.status !== "ready");
    expect(await disposalMs(second)).toBeLessThan(500);
  });
});
