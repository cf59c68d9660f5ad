import { until } from "@tokenhub/testkit";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { ask, type Answer } from "../lifecycle/ask.ts";
import { catalogueOf } from "../lifecycle/catalogue-of.ts";
import { rowOf } from "../lifecycle/request-rows.ts";
import { openSite, type Site } from "../lifecycle/site.ts";

let site: Site;
let gateway: { readonly url: string };

const providerPool = Array.from({ length: 6 }, (_, index) => `shaky-${index}`);
const down = { kind: "status", status: 500, repeat: true } as const;

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

/** A provider of one test's own; its model has its name, and an alias stands for that and a sound one. */
function takeProvider() {
  const id = providerPool.pop() ?? "none left";
  const healthKey = site.keyspace.providerHealth(id);
  let ignoredCalls = 0;
  const allCalls = () => site.mock.calls().filter((call) => call.model === `up-${id}`);
  const plan = (next: Parameters<Site["mock"]["plan"]>[1]): void => site.mock.plan(`up-${id}`, next);
  const askIt = (signal?: AbortSignal): Promise<Answer> =>
    ask(gateway, { model: id, ...(signal === undefined ? {} : { signal }) });
  const askEither = (): Promise<Answer> => ask(gateway, { model: `${id}-or-steady` });

  /** The router hears of a change by an announcement; the decision on a request for the alias shows what it knows. */
  async function untilRouterKnows(state: "open" | "due for a trial"): Promise<void> {
    await until(`the router to know that the breaker is ${state}`, async () => {
      const { decision } = await rowOf(site, (await askEither()).requestId);
      return (decision?.skippedByReason.breaker_open === 1) === (state === "open");
    });
  }

  return {
    id,
    plan,
    ask: askIt,
    askMany: (count: number) => Promise.all(Array.from({ length: count }, () => askIt())),
    askEither,
    /** The calls it got, without those that opened its breaker. */
    calls: () => allCalls().slice(ignoredCalls),
    health: (field: string) => site.redis.hget(healthKey, field),
    async openBreaker() {
      plan({ steps: [down] });
      expect((await askIt()).status).toBe(502);
      expect(allCalls()).toHaveLength(3);
      expect(await site.redis.hget(healthKey, "breaker")).toBe("open");
      await untilRouterKnows("open");
      ignoredCalls = allCalls().length;
    },
    /** Lets the open time pass, as the clock would. */
    async endOpenTime() {
      await site.redis.hset(healthKey, "openedAtMs", Date.now() - 31_000);
      await site.redis.publish(site.keyspace.healthChannel, healthKey);
      await untilRouterKnows("due for a trial");
    },
  };
}

describe.concurrent("a provider that fails three times in a row", () => {
  it("is not called again by any worker while its breaker is open; the caller learns when to come back", async () => {
    const shaky = takeProvider();
    await shaky.openBreaker();
    for (const answer of await shaky.askMany(10)) {
      expect(answer).toMatchObject({ status: 503, json: { error: { code: "provider_unavailable" } } });
      expect(answer.headers.get("x-should-retry")).toBe("false");
      const retryAfterSeconds = Number(answer.headers.get("retry-after"));
      expect(retryAfterSeconds).toBeGreaterThan(15);
      expect(retryAfterSeconds).toBeLessThanOrEqual(30);
    }
    expect(shaky.calls()).toHaveLength(0);
  });

  it("is skipped with that reason where there is another candidate", async () => {
    const shaky = takeProvider();
    await shaky.openBreaker();
    const answer = await shaky.askEither();
    expect(answer.headers.get("x-tokenhub-model")).toBe("steady");
    const { decision } = await rowOf(site, answer.requestId);
    expect(decision?.considered).toContainEqual(
      expect.objectContaining({ modelId: shaky.id, outcome: "skipped", skipReason: "breaker_open" }),
    );
    expect(shaky.calls()).toHaveLength(0);
  });

  it("gets no more calls from jobs that were queued before, whichever worker holds them", async () => {
    const shaky = takeProvider();
    shaky.plan({ latencyMs: 50, steps: [down] });
    const answers = await shaky.askMany(12);
    expect(answers.every(({ status }) => status === 502 || status === 503)).toBe(true);
    // Two workers, one call each: when the third failure arrives at most one more call is under way.
    expect(shaky.calls().length).toBeGreaterThanOrEqual(3);
    expect(shaky.calls().length).toBeLessThanOrEqual(4);
  });
});

describe.concurrent("after the open time", () => {
  it("one trial is made at a time, and its success closes the breaker", async () => {
    const shaky = takeProvider();
    await shaky.openBreaker();
    await shaky.endOpenTime();
    shaky.plan({ text: "back again", latencyMs: 500 });
    const answers = await shaky.askMany(6);
    expect(shaky.calls()).toHaveLength(1);
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    expect(answers.filter(({ status }) => status === 503)).toHaveLength(5);
    expect(await shaky.health("breaker")).toBe("closed");
    shaky.plan({});
    await until("the router to hear of it", async () => (await shaky.ask()).status === 200);
    expect((await shaky.askMany(6)).every(({ status }) => status === 200)).toBe(true);
  });

  it("a failed trial opens it again at once, without further calls", async () => {
    const shaky = takeProvider();
    await shaky.openBreaker();
    await shaky.endOpenTime();
    expect((await shaky.ask()).status).toBeGreaterThanOrEqual(500);
    expect(shaky.calls()).toHaveLength(1);
    expect(await shaky.health("breaker")).toBe("open");
    await shaky.askMany(5);
    expect(shaky.calls()).toHaveLength(1);
  });

  it("a trial whose caller goes away leaves the way free for the next one", async () => {
    const shaky = takeProvider();
    await shaky.openBreaker();
    shaky.plan({ text: "back again", steps: [{ kind: "hang" }] });
    await shaky.endOpenTime();
    const impatient = new AbortController();
    const trial = shaky.ask(impatient.signal).catch((error: Error) => error.message);
    await until("the trial", () => shaky.calls()[0]?.outcome === "hanging");
    impatient.abort();
    expect(await trial).toContain("aborted");
    await until("the provider to be rid of it", () => shaky.calls()[0]?.outcome === "aborted_by_client");
    await until("the cancelled request to end", async () => (await shaky.health("trialUntilMs")) === "0");
    expect(await shaky.ask()).toMatchObject({ status: 200, text: "back again" });
  });
});
