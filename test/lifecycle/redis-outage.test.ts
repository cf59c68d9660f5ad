import type { Gateway } from "@tokenhub/gateway";
import { startTestRedis, until, type TestRedis } from "@tokenhub/testkit";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { ask, type Answer } from "./ask.ts";
import { catalogueOf } from "./catalogue-of.ts";
import { finishTimes, recordedIds, rowOf } from "./request-rows.ts";
import { openSite, type Site } from "./site.ts";

let redis: TestRedis;
let site: Site;
let gateway: Gateway;

beforeAll(async () => {
  redis = await startTestRedis();
  site = await openSite({
    redisUrl: redis.url,
    config: (mockUrl) =>
      catalogueOf(mockUrl, {
        openai: { models: { "gpt-test": {} } },
        anthropic: { type: "anthropic", models: { "claude-test": {} } },
      }),
  });
  gateway = await site.startAll();
});
afterAll(async () => {
  await site[Symbol.asyncDispose]();
  await redis[Symbol.asyncDispose]();
});
beforeEach(() => {
  site.mock.clearPlans();
  site.mock.clearCalls();
});

const words = Array.from({ length: 40 }, (_, index) => `word${index}`).join(" ");
const readiness = () => fetch(`${gateway.url}/readyz`).then(({ status }) => status);
const untilReady = (status: number) =>
  until(`readiness to be ${status}`, async () => (await readiness()) === status);
const untilWorking = () =>
  until("requests to work again", async () => (await ask(gateway, { model: "gpt-test" })).status === 200);

describe("while Redis is down", () => {
  it("readiness is 503, liveness 200, requests are refused as safe to repeat; all is well when it is back", async () => {
    expect(await readiness()).toBe(200);
    await redis.kill();
    await untilReady(503);
    expect((await fetch(`${gateway.url}/health`)).status).toBe(200);
    expect((await fetch(`${gateway.url}/healthz`)).status).toBe(503);
    const openai = await ask(gateway, { model: "gpt-test" });
    expect(openai).toMatchObject({ status: 503, json: { error: { code: "queue_unavailable" } } });
    const anthropic = await ask(gateway, { model: "gpt-test", format: "anthropic" });
    expect(anthropic).toMatchObject({ status: 503, json: { error: { type: "overloaded_error" } } });
    for (const { headers } of [openai, anthropic]) {
      expect(headers.get("x-should-retry")).toBe("true");
      expect(headers.get("retry-after")).toBe("1");
    }
    await redis.start();
    await untilReady(200);
    await untilWorking();
  });

  it("a frozen one is noticed as well", async () => {
    redis.pause();
    await untilReady(503);
    expect((await ask(gateway, { model: "gpt-test" })).status).toBe(503);
    redis.resume();
    await untilReady(200);
    await untilWorking();
  });
});

describe("requests in flight when Redis is killed and started again", () => {
  it("finish or fail with a clear error; each is accounted for, and no call is repeated after its commit", async () => {
    site.mock.plan("up-gpt-test", { latencyMs: 1_500, text: words });
    site.mock.plan("up-claude-test", { text: words, tokensPerSecond: 40 });
    const pending = Array.from({ length: 40 }, (_, index): Promise<Answer> => {
      const isStream = index % 2 === 0;
      return ask(gateway, { model: isStream ? "claude-test" : "gpt-test", stream: isStream });
    });
    await until("all calls", () => site.mock.calls().length === 40);
    await redis.kill();
    await until("the whole answers to be on their way", () =>
      site.mock.calls().every((call) => call.stream || call.outcome === "answered"),
    );
    await redis.start();

    const answers = await Promise.all(pending);
    const whole = answers.filter(({ status, text }) => status === 200 && text === words);
    const broken = answers.filter((answer) => !whole.includes(answer));
    // A whole answer in hand is kept until Redis takes it.
    expect(answers.filter(({ status }, index) => index % 2 === 1 && status !== 200)).toEqual([]);
    for (const { raw } of broken)
      expect(raw).toMatch(/"code": ?"(?:stream_interrupted|internal_error|deadline_exceeded)"/);
    await untilWorking();

    const ids = await until("a row for every request", async () => {
      const recorded = await recordedIds(site);
      return answers.every(({ requestId }) => recorded.includes(requestId)) ? recorded : null;
    });
    expect(new Set(ids).size).toBe(ids.length);
    const finishedAt = await finishTimes(site);
    const repeated = site.mock
      .calls()
      .filter((call) => call.startedAtMs > (finishedAt.get(String(call.requestId)) ?? Infinity));
    expect(repeated).toEqual([]);
    console.log(`redis outage: ${whole.length} of ${answers.length} answers came whole`);
  });
});

describe("a Redis that lost all its data", () => {
  it("while it ran gets the catalogue again, serves new requests and records them", async () => {
    await site.redis.flushall();
    const answer = await ask(gateway, { model: "gpt-test" });
    expect(answer.status).toBe(200);
    expect(await rowOf(site, answer.requestId)).toMatchObject({ outcome: "succeeded" });
    await until("the catalogue", async () => (await site.redis.exists(site.keyspace.catalogue)) === 1);
    await using newcomer = await site.startProviderWorker();
    expect(newcomer.openProviders()).toContain("openai");
  });

  it("in a restart gets the catalogue again, serves new requests and records them", async () => {
    await site.redis.flushall();
    await redis.kill();
    await redis.start();
    await untilReady(200);
    await untilWorking();
    const answer = await ask(gateway, { model: "claude-test", stream: true });
    expect(answer.status).toBe(200);
    expect(await rowOf(site, answer.requestId)).toMatchObject({ outcome: "succeeded" });
    expect(await site.redis.exists(site.keyspace.catalogue)).toBe(1);
  });
});
