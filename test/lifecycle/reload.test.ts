import type { Gateway } from "@tokenhub/gateway";
import { until } from "@tokenhub/testkit";
import { afterAll, beforeAll, beforeEach, describe, expect, inject, it } from "vitest";
import { ask } from "./ask.ts";
import { catalogueOf } from "./catalogue-of.ts";
import { rowOf } from "./request-rows.ts";
import { openSite, type Site } from "./site.ts";

let site: Site;
let gateway: Gateway;
let worker: Awaited<ReturnType<Site["startProviderWorker"]>>;

type Providers = Parameters<typeof catalogueOf>[1];
const base: Providers = { steady: { models: { steady: { price: 0.0001 } } } };

beforeAll(async () => {
  site = await openSite({
    redisUrl: inject("redisUrl"),
    config: (mockUrl) => catalogueOf(mockUrl, base),
  });
  gateway = await site.startGateway();
  await site.startRouter();
  worker = await site.startProviderWorker();
});
afterAll(() => site[Symbol.asyncDispose]());
beforeEach(async () => {
  site.mock.clearCalls();
  site.mock.clearPlans();
  await reload(base);
});

function reload(providers: Providers, aliases: Parameters<typeof catalogueOf>[2] = {}): Promise<void> {
  return gateway.reload(site.productOf(catalogueOf(site.mock.url, providers, aliases)));
}
const callsTo = (model: string) => site.mock.calls().filter((call) => call.model === `up-${model}`);

describe("a reload that adds a provider", () => {
  it("makes its model usable by the very next request, without a restart", async () => {
    expect(await ask(gateway, { model: "new-0" })).toMatchObject({
      status: 404,
      json: { error: { code: "model_not_found" } },
    });
    for (let index = 0; index < 10; index += 1) {
      const id = `new-${index}`;
      await reload({ ...base, [id]: { models: { [id]: {} } } });
      const answer = await ask(gateway, { model: id });
      expect(answer.headers.get("x-tokenhub-provider")).toBe(id);
      expect(worker.openProviders()).toContain(id);
    }
  });

  it("of another format works too, and its alias", async () => {
    await reload(
      { ...base, "new-claude": { type: "anthropic", models: { "new-claude": {} } } },
      { newest: ["new-claude"] },
    );
    const answer = await ask(gateway, { model: "newest", stream: true });
    expect(answer.status).toBe(200);
    expect(answer.headers.get("x-tokenhub-model")).toBe("new-claude");
  });
});

describe("a reload that changes a provider", () => {
  it("lets more calls run at once from then on, and sends them to its new address", async () => {
    const narrow = { concurrency: 1, models: { narrow: {} } };
    await reload({ ...base, narrow });
    site.mock.plan("up-narrow", { latencyMs: 300 });
    const askAll = () => Promise.all(Array.from({ length: 3 }, () => ask(gateway, { model: "narrow" })));
    const startedAtMs = performance.now();
    expect((await askAll()).every(({ status }) => status === 200)).toBe(true);
    expect(performance.now() - startedAtMs).toBeGreaterThan(850);

    await reload({ ...base, narrow: { ...narrow, concurrency: 3 } });
    site.mock.plan("up-narrow", { latencyMs: 30_000 });
    const impatient = new AbortController();
    const pending = Array.from({ length: 3 }, () =>
      ask(gateway, { model: "narrow", signal: impatient.signal }).catch(() => null),
    );
    await until("three calls at once", () => site.mock.inFlight === 3);
    impatient.abort();
    await Promise.all(pending);

    await using elsewhere = await openSite({ redisUrl: inject("redisUrl") });
    const moved = catalogueOf(elsewhere.mock.url, { ...base, narrow });
    await gateway.reload(site.productOf(moved));
    expect((await ask(gateway, { model: "narrow" })).status).toBe(200);
    expect(elsewhere.mock.calls()).toHaveLength(1);
  });
});

describe("a reload that removes a provider", () => {
  it("ends its model at once and its queue once that is drained; other models go on", async () => {
    await reload({ ...base, leaving: { models: { leaving: {} } } });
    expect((await ask(gateway, { model: "leaving" })).status).toBe(200);
    await reload(base);
    expect((await ask(gateway, { model: "leaving" })).status).toBe(404);
    await until("the queue to close", () => !worker.openProviders().includes("leaving"));
    expect((await ask(gateway, { model: "steady" })).status).toBe(200);
  });

  it("lets its running call finish; what was queued goes elsewhere or ends with a clear error", async () => {
    await reload(
      { ...base, leaving: { concurrency: 1, models: { leaving: { weight: 90 }, "leaving-strict": {} } } },
      { either: ["leaving", "steady"] },
    );
    site.mock.plan("up-leaving", { latencyMs: 700, text: "a last word" });
    const running = ask(gateway, { model: "leaving" });
    await until("the running call", () => callsTo("leaving").length === 1);
    const strict = ask(gateway, { model: "leaving-strict" });
    const headers = { "x-tokenhub-strategy": "cheapest" };
    const flexible = ask(gateway, { model: "leaving", wishes: { allow_fallback: true }, headers });
    const aliased = ask(gateway, { model: "either", wishes: { strategy: "highest_weight" } });
    const queue = `${site.keyspace.queuePrefix}:call.leaving:wait`;
    await until("all three to be queued", async () => (await site.redis.llen(queue)) === 3);
    await reload(base, { either: ["steady"] });

    expect(await running).toMatchObject({ status: 200, text: "a last word" });
    const refused = await strict;
    expect(refused).toMatchObject({ status: 503, json: { error: { code: "provider_unavailable" } } });
    expect(refused.raw).toContain("removed or disabled");
    for (const moved of await Promise.all([flexible, aliased])) {
      expect(moved.status).toBe(200);
      expect(moved.headers.get("x-tokenhub-model")).toBe("steady");
      expect(moved.headers.get("x-tokenhub-reason")).toBe("fallback after fatal");
    }
    expect(callsTo("leaving")).toHaveLength(1);
    expect(callsTo("leaving-strict")).toHaveLength(0);
    expect(await rowOf(site, refused.requestId)).toMatchObject({ errorCode: "provider_unavailable" });
    await until("the queue to close", () => !worker.openProviders().includes("leaving"));
  });

  it("and a later one that brings it back serves it again, whether or not its queue had closed", async () => {
    const returning: Providers = { ...base, returning: { models: { returning: {} } } };
    await reload(returning);
    await reload(base);
    await reload(returning);
    expect((await ask(gateway, { model: "returning" })).status).toBe(200);
    await reload(base);
    await until("the queue to close", () => !worker.openProviders().includes("returning"));
    await reload(returning);
    expect((await ask(gateway, { model: "returning" })).status).toBe(200);
  });

  it("that would leave no sense is refused, and everything stays as it was", async () => {
    const product = () => site.productOf({ models: [{ id: "orphan", provider: "nobody", name: "x" }] });
    expect(product).toThrow("nobody");
    expect((await ask(gateway, { model: "steady" })).status).toBe(200);
  });
});

describe("a provider worker told to serve only some providers", () => {
  it("leaves the queues of the others to the workers that serve them", async () => {
    await using other = await openSite({
      redisUrl: inject("redisUrl"),
      config: (mockUrl) =>
        catalogueOf(mockUrl, { left: { models: { left: {} } }, right: { models: { right: {} } } }),
    });
    const front = await other.startGateway();
    await other.startRouter();
    const leftWorker = await other.startProviderWorker({ onlyProviders: ["left"] });
    expect(leftWorker.openProviders()).toEqual(["left"]);
    expect((await ask(front, { model: "left" })).status).toBe(200);

    const waiting = ask(front, { model: "right" });
    const queue = `${other.keyspace.queuePrefix}:call.right:wait`;
    await until("the job nobody serves", async () => (await other.redis.llen(queue)) === 1);
    expect((await ask(front, { model: "left" })).status).toBe(200);
    expect(other.mock.calls().map((call) => call.model)).toEqual(["up-left", "up-left"]);

    const rightWorker = await other.startProviderWorker({ onlyProviders: ["right", "not-there-yet"] });
    expect(rightWorker.openProviders()).toEqual(["right"]);
    expect((await waiting).status).toBe(200);

    await front.reload(
      other.productOf(
        catalogueOf(other.mock.url, {
          left: { models: { left: {} } },
          "not-there-yet": { models: { "not-there-yet": {} } },
        }),
      ),
    );
    expect((await ask(front, { model: "not-there-yet" })).status).toBe(200);
    expect(leftWorker.openProviders()).toEqual(["left"]);
    await until("the removed provider's queue to close", () => rightWorker.openProviders().length === 1);
  });
});
