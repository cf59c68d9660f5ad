import { startChaosProxy, startTestRedis, until, type ChaosProxy, type TestRedis } from "@tokenhub/testkit";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { ask, type Answer } from "./ask.ts";
import { openSite, type Site } from "./site.ts";

let redis: TestRedis;
let proxy: ChaosProxy;
let site: Site;
let gateway: { readonly url: string };

/** Only the gateway reaches Redis through the proxy. */
beforeAll(async () => {
  redis = await startTestRedis();
  proxy = await startChaosProxy({ upstreamPort: redis.port });
  site = await openSite({ redisUrl: redis.url });
  gateway = await site.startGateway({ redisUrl: `redis://127.0.0.1:${proxy.port}` });
  await site.startRouter();
  await site.startProviderWorker();
});
afterAll(async () => {
  proxy.recover();
  await site[Symbol.asyncDispose]();
  await proxy[Symbol.asyncDispose]();
  await redis[Symbol.asyncDispose]();
});
beforeEach(() => {
  proxy.recover();
  site.mock.clearPlans();
  site.mock.clearCalls();
});

/** How long an answer may be late when its announcement was lost. */
const repairedWithinMs = 3_500;
const words = Array.from({ length: 60 }, (_, index) => `word${index}`).join(" ");

function askBothWays(count: number): Promise<Answer>[] {
  return Array.from({ length: count }, (_, index) =>
    ask(gateway, { model: "gpt-test", stream: index % 2 === 0 }),
  );
}
const callsEnded = () => site.mock.calls().filter((call) => call.outcome === "answered").length;

async function expectAllWhole(answers: readonly Promise<Answer>[]): Promise<void> {
  for (const answer of await Promise.all(answers)) expect(answer).toMatchObject({ status: 200, text: words });
}

describe("answers whose announcements are lost", () => {
  it("arrive whole when all subscribers are cut off again and again", async () => {
    site.mock.plan("up-gpt", { text: words, tokensPerSecond: 60 });
    const answers = askBothWays(20);
    await until("the calls", () => site.mock.inFlight === 20);
    while (callsEnded() < 20) {
      await site.redis.call("CLIENT", "KILL", "TYPE", "pubsub");
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    const endedAtMs = performance.now();
    await expectAllWhole(answers);
    expect(performance.now() - endedAtMs).toBeLessThan(repairedWithinMs);
    expect(site.mock.calls()).toHaveLength(20);
  });

  it("arrive whole when the gateway loses every connection while they are made", async () => {
    site.mock.plan("up-gpt", { text: words, tokensPerSecond: 100 });
    const answers = askBothWays(20);
    await until("the first tokens", () => site.mock.calls().some((call) => call.completionTokensSent > 5));
    await until("all calls", () => site.mock.calls().length === 20);
    proxy.set({ isDown: true });
    proxy.cut();
    await until("the calls to end unheard", () => callsEnded() === 20);
    proxy.recover();
    const recoveredAtMs = performance.now();
    await expectAllWhole(answers);
    expect(performance.now() - recoveredAtMs).toBeLessThan(repairedWithinMs);
    expect(site.mock.calls()).toHaveLength(20);
  });

  it("arrive whole over a slow and jittery network", async () => {
    site.mock.plan("up-gpt", { text: words, tokensPerSecond: 200 });
    proxy.set({ latencyMs: 40, jitterMs: 40 });
    await expectAllWhole(askBothWays(20));
    expect(site.mock.calls()).toHaveLength(20);
  });

  it("arrive whole when the network stands still for a while", async () => {
    site.mock.plan("up-gpt", { text: words, tokensPerSecond: 100 });
    const answers = askBothWays(20);
    await until("all calls", () => site.mock.calls().length === 20);
    proxy.set({ isStalled: true });
    await until("the calls to end unheard", () => callsEnded() === 20);
    proxy.recover();
    const recoveredAtMs = performance.now();
    await expectAllWhole(answers);
    expect(performance.now() - recoveredAtMs).toBeLessThan(repairedWithinMs);
  });
});

describe("a request that the gateway cannot hand over", () => {
  it("because Redis does not take it is refused as safe to repeat, and is never carried out behind its back", async () => {
    proxy.set({ isStalled: true });
    const refused = await ask(gateway, { model: "gpt-test" });
    expect(refused).toMatchObject({ status: 503, json: { error: { code: "queue_unavailable" } } });
    expect(refused.headers.get("x-should-retry")).toBe("true");
    expect(refused.headers.get("retry-after")).toBe("1");
    proxy.recover();
    const next = await ask(gateway, { model: "gpt-test" });
    expect(next.status).toBe(200);
    expect(site.mock.calls().map((call) => call.requestId)).toEqual([next.requestId]);
  });

  it("is not carried out either when the connection then breaks and the client sends everything once more", async () => {
    proxy.set({ isStalled: true });
    const refused = await ask(gateway, { model: "gpt-test" });
    expect(refused).toMatchObject({ status: 503, json: { error: { code: "queue_unavailable" } } });
    proxy.cut();
    proxy.recover();
    const next = await until("requests to work again", async () => {
      const answer = await ask(gateway, { model: "gpt-test" });
      return answer.status === 200 ? answer : null;
    });
    expect(site.mock.calls().map((call) => call.requestId)).toEqual([next.requestId]);
  });

  it("because the connection broke is refused the same way", async () => {
    proxy.set({ isDown: true });
    proxy.cut();
    const refused = await ask(gateway, { model: "gpt-test" });
    expect(refused).toMatchObject({ status: 503, json: { error: { code: "queue_unavailable" } } });
    expect(refused.headers.get("x-should-retry")).toBe("true");
    proxy.recover();
    await until(
      "requests to work again",
      async () => (await ask(gateway, { model: "gpt-test" })).status === 200,
    );
    expect(site.mock.calls().map((call) => call.requestId)).not.toContain(refused.requestId);
  });
});
