import type { Gateway } from "@tokenhub/gateway";
import { testApiKey, until } from "@tokenhub/testkit";
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { afterEach, beforeEach, describe, expect, inject, it } from "vitest";
import { ask, readAnswer, send } from "./ask.ts";
import { rowOf } from "./request-rows.ts";
import { openSite, type Site } from "./site.ts";

let site: Site;
let gateway: Gateway;

beforeEach(async () => {
  site = await openSite({ redisUrl: inject("redisUrl") });
});
afterEach(() => site[Symbol.asyncDispose]());

async function start(options: { drainMs?: number } = {}): Promise<void> {
  gateway = await site.startGateway(options);
  await site.startRouter();
  await site.startProviderWorker();
}

/** A connection of which a test sees every byte. */
interface Wire {
  readonly socket: Socket;
  readonly received: () => string;
  /** Whether the other side has ended it. */
  readonly isEnded: () => boolean;
}

async function openWire(): Promise<Wire> {
  const socket = connect(gateway.port, "127.0.0.1");
  let received = "";
  let isEnded = false;
  socket.on("data", (bytes: Buffer) => (received += bytes.toString()));
  socket.on("error", () => (isEnded = true));
  socket.on("close", () => (isEnded = true));
  await once(socket, "connect");
  return { socket, received: () => received, isEnded: () => isEnded };
}

const chatRequest = (() => {
  const body = JSON.stringify({ model: "gpt-test", messages: [{ role: "user", content: "hello" }] });
  return [
    "POST /v1/chat/completions HTTP/1.1",
    "host: gateway",
    "content-type: application/json",
    `authorization: Bearer ${testApiKey}`,
    `content-length: ${body.length}`,
    "",
    body,
  ].join("\r\n");
})();

describe("a gateway that is asked to stop", () => {
  it("finishes what it holds, refuses what comes, ends every connection and is gone soon after the last answer", async () => {
    await start();
    site.mock.plan("up-gpt", { latencyMs: 900, text: "whole answer" });
    site.mock.plan("up-claude", {
      tokensPerSecond: 20,
      text: "one two three four five six seven eight nine ten",
    });
    const idle = await openWire();
    idle.socket.write("GET /health HTTP/1.1\r\nhost: gateway\r\n\r\n");
    await until("the first answer", () => idle.received().includes("healthy"));
    const second = await openWire();
    second.socket.write("GET /health HTTP/1.1\r\nhost: gateway\r\n\r\n");
    await until("the second answer", () => second.received().includes("healthy"));
    const unused = await openWire();
    const whole = ask(gateway, { model: "gpt-test" });
    const stream = await send(gateway, { model: "claude-test", stream: true });
    await until("both calls", () => site.mock.inFlight === 2);

    const startedAtMs = performance.now();
    let isStopped = false;
    const stopped = gateway[Symbol.asyncDispose]().then(() => {
      isStopped = true;
      return performance.now() - startedAtMs;
    });
    const ready = await fetch(`${gateway.url}/readyz`);
    expect(ready.status).toBe(503);
    expect(await ready.json()).toMatchObject({ status: "draining" });
    const refused = await ask(gateway, { model: "gpt-test" });
    expect(refused).toMatchObject({ status: 503, json: { error: { code: "shutting_down" } } });
    expect(refused.headers.get("x-should-retry")).toBe("true");
    expect(refused.headers.get("connection")).toBe("close");
    const refusedInAnthropicFormat = await ask(gateway, { model: "gpt-test", format: "anthropic" });
    expect(refusedInAnthropicFormat).toMatchObject({
      status: 503,
      json: { type: "error", error: { type: "overloaded_error" } },
    });
    second.socket.write(chatRequest);
    await until("the connection to be closed with the refusal", second.isEnded);
    expect(second.received()).toMatch(/HTTP\/1\.1 503 [^]*connection: close/i);
    expect(isStopped).toBe(false);

    expect(await whole).toMatchObject({ status: 200, text: "whole answer" });
    const streamed = await readAnswer(stream);
    expect(streamed.text).toBe("one two three four five six seven eight nine ten");
    expect(streamed.raw).toMatch(/data: \[DONE\]\n\n$/);
    expect(await stopped).toBeLessThan(3_000);
    await until("all connections to be ended", () => idle.isEnded() && unused.isEnded());
    await expect(openWire()).rejects.toThrow("ECONNREFUSED");
  });

  it("cuts off what outlasts the drain time, and the upstream call with it", async () => {
    await start({ drainMs: 300 });
    site.mock.plan("up-gpt", { latencyMs: 30_000 });
    const endless = ask(gateway, { model: "gpt-test" });
    const ending = endless.catch((error: Error) => error.message);
    const call = await site.mock.waitForCall(() => true, 5_000);
    const startedAtMs = performance.now();
    await gateway[Symbol.asyncDispose]();
    expect(performance.now() - startedAtMs).toBeLessThan(5_000);
    expect(await ending).toBe("fetch failed");
    await site.mock.waitForCall(({ outcome }) => outcome === "aborted_by_client", 2_000);
    // Another gateway writes the row that this one can no longer write.
    await site.startGateway();
    expect(await rowOf(site, String(call.requestId))).toMatchObject({ outcome: "cancelled" });
  });

  it("by SIGTERM ends with exit code 0", async () => {
    const process = await site.startProcess("gateway");
    const startedAtMs = performance.now();
    expect(await process.stop()).toBe(0);
    expect(performance.now() - startedAtMs).toBeLessThan(2_500);
  });

  it("without work is gone at once, whatever connections are open", async () => {
    await start();
    const wires = await Promise.all(Array.from({ length: 20 }, openWire));
    for (const { socket } of wires.slice(0, 10))
      socket.write("GET /health HTTP/1.1\r\nhost: gateway\r\n\r\n");
    await until("the answers", () => wires.slice(0, 10).every(({ received }) => received() !== ""));
    const startedAtMs = performance.now();
    await gateway[Symbol.asyncDispose]();
    expect(performance.now() - startedAtMs).toBeLessThan(1_800);
    await until("all connections to be ended", () => wires.every(({ isEnded }) => isEnded()));
  });
});
