import { startChaosProxy, startTestRedis, uniquePrefix, until } from "@tokenhub/testkit";
import { Redis } from "ioredis";
import { once } from "node:events";
import { createServer } from "node:net";
import { afterEach, beforeEach, describe, expect, inject, it } from "vitest";
import { coalesceWrites } from "./coalesce-writes.ts";

let stack: AsyncDisposableStack;
beforeEach(() => {
  stack = new AsyncDisposableStack();
});
afterEach(() => stack.disposeAsync());

function connect(port: number): Redis {
  const redis = stack.adopt(new Redis({ port, maxRetriesPerRequest: null }), (client) => client.disconnect());
  redis.on("error", () => undefined);
  coalesceWrites(redis);
  return redis;
}

const redisPort = (): number => Number(new URL(inject("redisUrl")).port);

describe("a client that gathers its writes", () => {
  it("sends the commands of one turn in one piece, in their order, each with its own answer", async () => {
    // A server of its own, because it counts what it reads from anybody.
    const server = stack.use(await startTestRedis());
    const redis = connect(server.port);
    await redis.ping();
    const key = `${uniquePrefix()}:count`;
    const before = await readCount(redis);
    const answers = await Promise.all(Array.from({ length: 100 }, () => redis.incr(key)));
    expect(answers).toEqual(Array.from({ length: 100 }, (_, index) => index + 1));
    // One read for the hundred, and a few for what the clients ask beside them.
    expect((await readCount(redis)) - before).toBeLessThan(20);
  });

  it("still does so after it has connected again, and loses nothing of what was asked meanwhile", async () => {
    const proxy = stack.use(await startChaosProxy({ upstreamPort: redisPort() }));
    const redis = connect(proxy.port);
    await redis.ping();
    const key = `${uniquePrefix()}:list`;
    proxy.cut();
    await until("the loss to be noticed", () => redis.status !== "ready");
    const pushes = Array.from({ length: 50 }, (_, index) => redis.rpush(key, String(index)));
    await Promise.all(pushes);
    expect(await redis.lrange(key, 0, -1)).toEqual(Array.from({ length: 50 }, (_, index) => String(index)));
    await redis.del(key);
  });

  it("sends what was written last before it closes", async () => {
    let received = "";
    const server = createServer((socket) => {
      socket.on("data", (bytes: Buffer) => {
        received += bytes.toString();
        socket.write("+OK\r\n");
      });
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    stack.defer(() => void server.close());
    const address = server.address();
    const port = typeof address === "object" && address !== null ? address.port : 0;
    const redis = new Redis({
      port,
      lazyConnect: true,
      enableReadyCheck: false,
      protocol: 2,
      disableClientInfo: true,
    });
    stack.defer(() => redis.disconnect());
    redis.on("error", () => undefined);
    coalesceWrites(redis);
    await redis.connect();
    const publishing = redis.publish("channel", "last words").catch(() => undefined);
    redis.disconnect();
    await until("the last words", () => received.includes("last words"));
    await publishing;
    expect(received.split("last words")).toHaveLength(2);
  });
});

/** Reads the server has done so far; every piece that arrives is one. */
async function readCount(redis: Redis): Promise<number> {
  const stats = await redis.info("stats");
  return Number(/total_reads_processed:(\d+)/.exec(stats)?.[1]);
}
