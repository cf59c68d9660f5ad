import { startTestRedis, until } from "@tokenhub/testkit";
import { Redis } from "ioredis";
import { once } from "node:events";
import { createServer } from "node:net";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { coalesceWrites } from "./coalesce-writes.ts";

let stack: AsyncDisposableStack;
beforeEach(() => {
  stack = new AsyncDisposableStack();
});
afterEach(() => stack.disposeAsync());

/** A server of its own, because it counts what it reads from anybody. */
async function setup() {
  const server = stack.use(await startTestRedis());
  const open = () => {
    const client = stack.adopt(new Redis(server.url, { maxRetriesPerRequest: null }), (opened) =>
      opened.disconnect(),
    );
    return client.on("error", () => undefined);
  };
  const admin = open();
  const redis = open();
  coalesceWrites(redis);
  await redis.ping();

  /** Pieces in which the server gets a hundred commands, with the few that are asked beside them. */
  async function piecesOfHundred(): Promise<number> {
    const before = await readCount(redis);
    const answers = await Promise.all(Array.from({ length: 100 }, (_, index) => redis.echo(String(index))));
    expect(answers).toEqual(Array.from({ length: 100 }, (_, index) => String(index)));
    return (await readCount(redis)) - before;
  }
  const cut = () => admin.call("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes");
  return { redis, cut, piecesOfHundred };
}

/** Reads the server has done so far; every piece that arrives is at least one. */
async function readCount(redis: Redis): Promise<number> {
  const stats = await redis.info("stats");
  return Number(/total_reads_processed:(\d+)/.exec(stats)?.[1]);
}

describe("a client that gathers its writes", () => {
  it("sends the commands of one turn together, in their order, each with its own answer", async () => {
    const { piecesOfHundred } = await setup();
    expect(await piecesOfHundred()).toBeLessThan(20);
  });

  it("loses and repeats nothing of what was asked while it connects again", async () => {
    const { redis, cut } = await setup();
    await cut();
    await until("the loss to be noticed", () => redis.status !== "ready");
    const numbers = Array.from({ length: 50 }, (_, index) => String(index));
    await Promise.all(numbers.map((number) => redis.rpush("list", number)));
    expect(await redis.lrange("list", 0, -1)).toEqual(numbers);
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
