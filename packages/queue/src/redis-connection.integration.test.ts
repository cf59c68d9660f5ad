import { TokenHubError } from "@tokenhub/contracts";
import { freePort, startChaosProxy, startTestRedis, until } from "@tokenhub/testkit";
import type { Redis } from "ioredis";
import { describe, expect, inject, it } from "vitest";
import {
  connectProducer,
  connectWorker,
  createBlockingConnection,
  queueUnavailable,
} from "./redis-connection.ts";

/** Connections are closed, servers stopped and proxies ended with the bundle; the tests run side by side. */
function setup() {
  const stack = new AsyncDisposableStack();
  const errors: Error[] = [];
  return {
    errors,
    connectionTo: (url: string) => ({
      url,
      name: "connection-test",
      onError: (error: Error) => void errors.push(error),
    }),
    closing: (client: Redis): Redis => stack.adopt(client, (opened) => opened.disconnect()),
    startServer: async () => stack.use(await startTestRedis()),
    startProxy: async () => {
      const upstreamPort = Number(new URL(inject("redisUrl")).port);
      return stack.use(await startChaosProxy({ upstreamPort }));
    },
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}

/** What became of a promise, and how long it took. */
async function timed(work: Promise<unknown>) {
  const startedAtMs = performance.now();
  const outcome = await work.then(
    () => "done",
    () => "failed",
  );
  return { outcome, tookMs: performance.now() - startedAtMs };
}

describe.concurrent("a producer's connection", () => {
  it("is ready when it is handed out, and carries its name", async () => {
    await using kit = setup();
    const { connectionTo, closing } = kit;
    const redis = closing(await connectProducer(connectionTo(inject("redisUrl"))));
    expect(redis.status).toBe("ready");
    expect(await redis.client("GETNAME")).toBe("connection-test");
  });

  it("waits for a Redis that is still starting", async () => {
    await using kit = setup();
    const { connectionTo, closing, startServer } = kit;
    const server = await startServer();
    await server.kill();
    const connecting = connectProducer({ ...connectionTo(server.url), patienceMs: 10_000 });
    await server.start();
    const redis = closing(await connecting);
    expect(await redis.ping()).toBe("PONG");
  });

  it("gives up after its patience, with the reason, and troubles nobody before that", async () => {
    await using kit = setup();
    const { errors, connectionTo } = kit;
    const url = `redis://127.0.0.1:${await freePort()}`;
    const connecting = connectProducer({ ...connectionTo(url), patienceMs: 300 });
    await expect(connecting).rejects.toThrow("ECONNREFUSED");
    expect(errors).toEqual([]);
  });

  it("tries once when it is to have no patience", async () => {
    await using kit = setup();
    const { connectionTo } = kit;
    const url = `redis://127.0.0.1:${await freePort()}`;
    const { outcome, tookMs } = await timed(connectProducer({ ...connectionTo(url), patienceMs: 0 }));
    expect(outcome).toBe("failed");
    expect(tookMs).toBeLessThan(500);
  });

  it("does not wait for ever for a server that accepts and never answers", async () => {
    await using kit = setup();
    const { connectionTo, startProxy } = kit;
    const proxy = await startProxy();
    proxy.set({ isStalled: true });
    const url = `redis://127.0.0.1:${proxy.port}`;
    const { outcome, tookMs } = await timed(connectProducer({ ...connectionTo(url), patienceMs: 0 }));
    expect(outcome).toBe("failed");
    expect(tookMs).toBeLessThan(7_000);
    proxy.recover();
    await until("the attempts to be closed", () => proxy.connections === 0);
  });

  it("fails a command in about a second when Redis does not answer, and at once when it is gone", async () => {
    await using kit = setup();
    const { connectionTo, closing, startServer } = kit;
    const server = await startServer();
    const redis = closing(await connectProducer(connectionTo(server.url)));
    server.pause();
    const frozen = await timed(redis.ping());
    server.resume();
    expect(frozen.outcome).toBe("failed");
    expect(frozen.tookMs).toBeGreaterThan(900);
    expect(frozen.tookMs).toBeLessThan(1_500);
    await server.kill();
    await until("the loss to be noticed", () => redis.status !== "ready");
    await expect(redis.ping()).rejects.toThrow("enableOfflineQueue");
    await server.start();
    await until("the same client to work again", () =>
      redis.ping().then(
        () => true,
        () => false,
      ),
    );
  });

  it("reports its trouble to its owner once it was connected, and ends no process by it", async () => {
    await using kit = setup();
    const { errors, connectionTo, closing, startServer } = kit;
    const server = await startServer();
    closing(await connectProducer(connectionTo(server.url)));
    await server.kill();
    await until("the report", () => errors.length > 0);
    expect(errors.at(-1)?.message).toMatch(/ECONNREFUSED|ECONNRESET|closed/);
  });
});

describe.concurrent("a blocking connection", () => {
  it("waits through an outage: what was asked in it is answered after it", async () => {
    await using kit = setup();
    const { errors, connectionTo, closing, startServer } = kit;
    const server = await startServer();
    const redis = closing(createBlockingConnection(connectionTo(server.url)));
    await redis.set("key", "value");
    await server.kill();
    await until("the loss to be noticed", () => redis.status !== "ready");
    const answer = redis.get("key");
    await until("several attempts to fail", () => errors.length > 3);
    await server.start();
    expect(await answer).toBe("value");
  });

  it("may be made before Redis is there", async () => {
    await using kit = setup();
    const { connectionTo, closing, startServer } = kit;
    const server = await startServer();
    await server.kill();
    const redis = closing(createBlockingConnection(connectionTo(server.url)));
    const answer = redis.ping();
    await server.start();
    expect(await answer).toBe("PONG");
  });

  it("blocks for longer than a producer's command may take", async () => {
    await using kit = setup();
    const { connectionTo, closing } = kit;
    const redis = closing(createBlockingConnection(connectionTo(inject("redisUrl"))));
    const { outcome, tookMs } = await timed(redis.blpop("connection-test:nothing", 1.3));
    expect(outcome).toBe("done");
    expect(tookMs).toBeGreaterThan(1_250);
  });
});

describe.concurrent("a worker's connection", () => {
  it("is refused at the start when Redis cannot be reached, with the reason", async () => {
    await using kit = setup();
    const url = `redis://127.0.0.1:${await freePort()}`;
    await expect(connectWorker({ ...kit.connectionTo(url), patienceMs: 0 })).rejects.toThrow("ECONNREFUSED");
  });

  it("waits through an outage later", async () => {
    await using kit = setup();
    const { errors, connectionTo, closing, startServer } = kit;
    const server = await startServer();
    const redis = closing(await connectWorker(connectionTo(server.url)));
    await redis.set("key", "value");
    await server.kill();
    await until("the loss to be noticed", () => redis.status !== "ready");
    const answer = redis.get("key");
    await until("several attempts to fail", () => errors.length > 3);
    await server.start();
    expect(await answer).toBe("value");
  });
});

describe("an unreachable queue", () => {
  it("is an error the caller may retry, which keeps its cause to itself", () => {
    const cause = new Error("connect ECONNREFUSED 10.0.0.7:6379");
    const error = queueUnavailable(cause);
    expect(error).toBeInstanceOf(TokenHubError);
    expect(error.code).toBe("queue_unavailable");
    expect(error.retryAfterMs).toBe(1_000);
    expect(error.cause).toBe(cause);
    expect(error.message).not.toContain("10.0.0.7");
  });
});
