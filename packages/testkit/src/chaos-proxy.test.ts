import { once } from "node:events";
import { connect, createServer, type Server, type Socket } from "node:net";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { startChaosProxy, type ChaosProxy } from "./chaos-proxy.ts";
import { freePort } from "./redis-server.ts";
import { until } from "./until.ts";

let stack: AsyncDisposableStack;
beforeEach(() => {
  stack = new AsyncDisposableStack();
});
afterEach(() => stack.disposeAsync());

/** An upstream behind a proxy; the default one sends back what it receives. */
async function setup({ seed = 1, serve = (socket: Socket): void => void socket.pipe(socket) } = {}) {
  const accepted: Socket[] = [];
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    accepted.push(socket);
    socket.on("error", () => socket.destroy());
    socket.resume();
    serve(socket);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  stack.defer(() => void server.close());
  const proxy = stack.use(await startChaosProxy({ upstreamPort: portOf(server), seed }));
  return { proxy, accepted, open: () => openClient(proxy) };
}

function portOf(server: Server): number {
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no TCP address");
  return address.port;
}

interface Client {
  readonly socket: Socket;
  /** Everything received so far. */
  readonly received: () => string;
  /** Null while open; the error code, or "ended" after an orderly end. */
  readonly outcome: () => string | null;
}

async function openClient({ port }: ChaosProxy): Promise<Client> {
  const socket = connect({ port, host: "127.0.0.1", allowHalfOpen: true });
  let received = "";
  let outcome: string | null = null;
  socket.on("data", (bytes: Buffer) => (received += bytes.toString()));
  socket.on("end", () => (outcome ??= "ended"));
  socket.on("error", (error: NodeJS.ErrnoException) => (outcome ??= error.code ?? "error"));
  stack.defer(() => void socket.destroy());
  await until("the connection or its refusal", () => !socket.connecting);
  return { socket, received: () => received, outcome: () => outcome };
}

async function echoMs({ socket, received }: Client, text: string): Promise<number> {
  const startedAtMs = performance.now();
  const expected = received() + text;
  socket.write(text);
  await until("the echo", () => received() === expected);
  return performance.now() - startedAtMs;
}

describe("a chaos proxy", () => {
  it("passes bytes through unchanged, and each side's end after its last byte", async () => {
    const { proxy, open } = await setup();
    const client = await open();
    const text = "x".repeat(1_000_000);
    client.socket.end(text);
    await until("the end", client.outcome);
    expect(client.outcome()).toBe("ended");
    expect(client.received()).toBe(text);
    await until("the connection to be forgotten", () => proxy.connections === 0);
  });

  it("delays both directions, keeps the order, and lets many chunks travel at once", async () => {
    const { proxy, open } = await setup();
    const client = await open();
    proxy.set({ latencyMs: 60, jitterMs: 40 });
    const startedAtMs = performance.now();
    const numbers = Array.from({ length: 10 }, (_, index) => `${index},`);
    for (const number of numbers) {
      client.socket.write(number);
      await new Promise((resolve) => setImmediate(resolve));
    }
    await until("all of it", () => client.received() === numbers.join(""));
    const tookMs = performance.now() - startedAtMs;
    expect(tookMs).toBeGreaterThan(40);
    expect(tookMs).toBeLessThan(600);
  });

  it("draws the same jitter from the same seed", async () => {
    const delays = async (seed: number) => {
      const { proxy, open } = await setup({ seed });
      const client = await open();
      proxy.set({ latencyMs: 60, jitterMs: 60 });
      const measured: number[] = [];
      for (let round = 0; round < 5; round += 1) measured.push(await echoMs(client, "x"));
      return measured;
    };
    const [first, again, other] = await Promise.all([delays(7), delays(7), delays(8)]);
    const distance = (left: number[], right: number[]) =>
      left.reduce((sum, value, index) => sum + Math.abs(value - (right[index] ?? 0)), 0);
    expect(distance(first, again)).toBeLessThan(distance(first, other));
  });

  it("limits the bandwidth", async () => {
    const { proxy, open } = await setup({ serve: (socket) => void socket.write("y".repeat(20_000)) });
    proxy.set({ bytesPerSecond: 50_000 });
    const startedAtMs = performance.now();
    const client = await open();
    await until("20 kB at 50 kB/s", () => client.received().length === 20_000);
    const tookMs = performance.now() - startedAtMs;
    expect(tookMs).toBeGreaterThan(350);
    expect(tookMs).toBeLessThan(1_500);
  });

  it("holds everything while stalled, without closing, and gives it out on recovery", async () => {
    const { proxy, accepted, open } = await setup();
    const client = await open();
    await echoMs(client, "before ");
    proxy.set({ isStalled: true });
    client.socket.write("held");
    await expect(until("a byte", () => client.received() !== "before ", 150)).rejects.toThrow("waited");
    expect(client.outcome()).toBeNull();
    expect(accepted[0]?.bytesRead).toBe("before ".length);
    proxy.recover();
    await until("the held bytes", () => client.received() === "before held");
  });

  it("makes a sender wait when the other side is stalled", async () => {
    const { proxy, open } = await setup();
    const client = await open();
    await echoMs(client, "x");
    proxy.set({ isStalled: true });
    const flushed = new Promise((resolve) => client.socket.write("z".repeat(50_000_000), resolve));
    const first = await Promise.race([
      flushed.then(() => "flushed"),
      new Promise((resolve) => setTimeout(resolve, 200, "waiting")),
    ]);
    expect(first).toBe("waiting");
    client.socket.destroy();
  });

  it("tears a connection after exactly the given number of bytes to the client", async () => {
    const { proxy, accepted, open } = await setup({ serve: (socket) => void socket.write("0123456789") });
    proxy.set({ resetAfterBytes: 4 });
    const client = await open();
    await until("the reset", client.outcome);
    expect(client.outcome()).toBe("ECONNRESET");
    expect(client.received()).toBe("0123");
    await until("the upstream's end to close", () => accepted[0]?.destroyed);
  });

  it("resets new connections while down, keeps the open ones, and takes new ones again after recovery", async () => {
    const { proxy, open } = await setup();
    const before = await open();
    proxy.set({ isDown: true });
    const refused = await open();
    await until("the refusal", refused.outcome);
    expect(refused.outcome()).toBe("ECONNRESET");
    await echoMs(before, "still here");
    proxy.recover();
    await echoMs(await open(), "back");
  });

  it("cuts all open connections at once, on both sides", async () => {
    const { proxy, accepted, open } = await setup();
    const clients = await Promise.all([open(), open()]);
    for (const client of clients) await echoMs(client, "hello");
    proxy.cut();
    await until("the resets", () => clients.every((client) => client.outcome() === "ECONNRESET"));
    await until("the upstream's ends to close", () => accepted.every((socket) => socket.destroyed));
    expect(proxy.connections).toBe(0);
  });

  it("resets the client when the upstream cannot be reached", async () => {
    const proxy = stack.use(await startChaosProxy({ upstreamPort: await freePort() }));
    const client = await openClient(proxy);
    await until("the reset", client.outcome);
    expect(client.outcome()).toBe("ECONNRESET");
  });
});
