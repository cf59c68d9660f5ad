import { until } from "@tokenhub/testkit";
import { afterAll, beforeAll, beforeEach, describe, expect, inject, it } from "vitest";
import { ask, type Answer } from "../lifecycle/ask.ts";
import { catalogueOf } from "../lifecycle/catalogue-of.ts";
import { rowOf } from "../lifecycle/request-rows.ts";
import { openSite, type Site } from "../lifecycle/site.ts";

let site: Site;
let gateway: { readonly url: string };
/** The provider of the running test, which is also its model; `<shaky>-or-steady` is an alias for it and a sound one. */
let shaky: string;

const providerPool = Array.from({ length: 6 }, (_, index) => `shaky-${index}`);

/** Two worker processes serve every provider, one call at a time each. */
beforeAll(async () => {
  site = await openSite({
    redisUrl: inject("redisUrl"),
    config: (mockUrl) =>
      catalogueOf(
        mockUrl,
        {
          ...Object.fromEntries(
            providerPool.map((id) => [id, { concurrency: 1, models: { [id]: { weight: 90 } } }]),
          ),
          steady: { models: { steady: { weight: 10 } } },
        },
        Object.fromEntries(providerPool.map((id) => [`${id}-or-steady`, [id, "steady"]])),
      ),
  });
  gateway = await site.startAll();
  await site.startProviderWorker();
});
afterAll(() => site[Symbol.asyncDispose]());
beforeEach(() => {
  shaky = providerPool.pop() ?? "";
});

const down = { kind: "status", status: 500, repeat: true } as const;
const callsToShaky = () => site.mock.calls().filter((call) => call.model === `up-${shaky}`);
const askShaky = (): Promise<Answer> => ask(gateway, { model: shaky });
const askMany = (count: number): Promise<Answer[]> => Promise.all(Array.from({ length: count }, askShaky));
const health = (field: string) => site.redis.hget(site.keyspace.providerHealth(shaky), field);

async function openBreaker(): Promise<void> {
  site.mock.plan(`up-${shaky}`, { steps: [down] });
  expect((await askShaky()).status).toBe(502);
  expect(callsToShaky()).toHaveLength(3);
  expect(await health("breaker")).toBe("open");
  await untilRouterKnows("open");
  site.mock.clearCalls();
}

/** Lets the open time pass, as the clock would. */
async function endOpenTime(): Promise<void> {
  const key = site.keyspace.providerHealth(shaky);
  await site.redis.hset(key, "openedAtMs", Date.now() - 31_000);
  await site.redis.publish(site.keyspace.healthChannel, key);
  await untilRouterKnows("closed or on trial");
}

/** The router hears of a change by an announcement; a request for the alias shows what it knows. */
async function untilRouterKnows(state: "open" | "closed or on trial"): Promise<void> {
  await until(`the router to know that the breaker is ${state}`, async () => {
    const { requestId } = await ask(gateway, { model: `${shaky}-or-steady` });
    const { decision } = await rowOf(site, requestId);
    const isSkipped = decision?.skippedByReason.breaker_open === 1;
    return isSkipped === (state === "open");
  });
}

describe("a provider that fails three times in a row", () => {
  it("is not called again by any worker while its breaker is open; the caller learns when to come back", async () => {
    await openBreaker();
    for (const answer of await askMany(10)) {
      expect(answer).toMatchObject({ status: 503, json: { error: { code: "provider_unavailable" } } });
      expect(answer.headers.get("x-should-retry")).toBe("false");
      const retryAfterSeconds = Number(answer.headers.get("retry-after"));
      expect(retryAfterSeconds).toBeGreaterThan(20);
      expect(retryAfterSeconds).toBeLessThanOrEqual(30);
    }
    expect(callsToShaky()).toHaveLength(0);
  });

  it("is skipped with that reason where there is another candidate", async () => {
    await openBreaker();
    const answer = await ask(gateway, { model: `${shaky}-or-steady` });
    expect(answer.headers.get("x-tokenhub-model")).toBe("steady");
    const { decision } = await rowOf(site, answer.requestId);
    expect(decision?.considered).toContainEqual(
      expect.objectContaining({ modelId: shaky, outcome: "skipped", skipReason: "breaker_open" }),
    );
    expect(callsToShaky()).toHaveLength(0);
  });

  it("gets no more calls from jobs that were queued before, whichever worker holds them", async () => {
    site.mock.plan(`up-${shaky}`, { latencyMs: 50, steps: [down] });
    const answers = await askMany(12);
    expect(answers.every(({ status }) => status === 502 || status === 503)).toBe(true);
    // Two workers, one call each: when the third failure arrives at most one more call is under way.
    expect(callsToShaky().length).toBeGreaterThanOrEqual(3);
    expect(callsToShaky().length).toBeLessThanOrEqual(4);
  });
});

describe("after the open time", () => {
  it("one trial is made at a time, and its success closes the breaker", async () => {
    await openBreaker();
    await endOpenTime();
    site.mock.clearCalls();
    site.mock.plan(`up-${shaky}`, { text: "back again", latencyMs: 400 });
    const answers = await askMany(6);
    expect(callsToShaky()).toHaveLength(1);
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    expect(answers.filter(({ status }) => status === 503)).toHaveLength(5);
    expect(await health("breaker")).toBe("closed");
    await until("the router to hear of it", async () => (await askShaky()).status === 200);
    site.mock.clearPlans();
    expect((await askMany(6)).map(({ status }) => status)).toEqual([200, 200, 200, 200, 200, 200]);
  });

  it("a failed trial opens it again at once, without further calls", async () => {
    await openBreaker();
    site.mock.plan(`up-${shaky}`, { steps: [down] });
    await endOpenTime();
    expect((await askShaky()).status).toBeGreaterThanOrEqual(500);
    expect(callsToShaky()).toHaveLength(1);
    expect(await health("breaker")).toBe("open");
    await askMany(5);
    expect(callsToShaky()).toHaveLength(1);
  });

  it("a trial whose caller goes away leaves the way free for the next one", async () => {
    await openBreaker();
    site.mock.plan(`up-${shaky}`, { text: "back again", steps: [{ kind: "hang" }] });
    await endOpenTime();
    const impatient = new AbortController();
    const trial = ask(gateway, { model: shaky, signal: impatient.signal });
    await site.mock.waitForCall((call) => call.outcome === "hanging", 5_000);
    impatient.abort();
    await expect(trial).rejects.toThrow("aborted");
    await site.mock.waitForCall((call) => call.outcome === "aborted_by_client", 5_000);
    await until("the cancelled request to end", async () => (await health("trialUntilMs")) === "0");
    expect(await askShaky()).toMatchObject({ status: 200, text: "back again" });
  });
});
