import { banditSnapshotSchema } from "@tokenhub/contracts";
import { compose as composeGateway } from "@tokenhub/gateway";
import { createRewardRepository, openDatabase } from "@tokenhub/persistence";
import { createLogger } from "@tokenhub/telemetry";
import { until } from "@tokenhub/testkit";
import { join } from "node:path";
import { describe, expect, inject, it } from "vitest";
import { ask } from "../lifecycle/ask.ts";
import { catalogueOf } from "../lifecycle/catalogue-of.ts";
import { openSite, type Site, type SiteOptions } from "../lifecycle/site.ts";
import { adminCall, adminToken, type Json } from "./insight-site.ts";

const redisUrl = inject("redisUrl");
const thompson = { strategy: "thompson", allow_exploration: false };

function open(config: SiteOptions["config"]): Promise<Site> {
  return openSite({
    redisUrl,
    env: { TOKENHUB_ADMIN_TOKEN: adminToken },
    ...(config === undefined ? {} : { config }),
  });
}

/** Two models; `steady` is heavier, so that it wins while nothing is known. */
const pair = (mockUrl: string) =>
  catalogueOf(mockUrl, {
    one: { models: { steady: { weight: 80, price: 0.000_1 } } },
    two: { models: { dear: { weight: 50, price: 0.2 } } },
  });

async function publishedArms(site: Site) {
  const text = await site.redis.get(site.keyspace.bandit);
  return text === null ? [] : banditSnapshotSchema.parse(JSON.parse(text)).arms;
}

async function attemptsOf(site: Site, modelId: string): Promise<number> {
  const arm = (await publishedArms(site)).find((known) => known.modelId === modelId);
  return arm === undefined ? 0 : arm.alpha + arm.beta - 2;
}

/** Sends requests until one is answered by the model; the routers' beliefs are a few seconds old at most. */
async function untilAnsweredBy(gateway: { readonly url: string }, modelId: string): Promise<void> {
  await until(
    `an answer of ${modelId}`,
    async () => (await ask(gateway, { wishes: thompson })).headers.get("x-tokenhub-model") === modelId,
    20_000,
  );
}

describe("the strategy thompson", () => {
  it("S1d-29, S1-24: takes the share away from a model that fails, and from one that is dear", async () => {
    await using site = await open(pair);
    const gateway = await site.startAll();
    // While nothing is known the heavier one answers.
    expect((await ask(gateway, { wishes: thompson })).headers.get("x-tokenhub-model")).toBe("steady");
    site.mock.plan("up-dear", { usage: { inputTokens: 1_000, outputTokens: 100 } });
    for (let request = 0; request < 4; request++) await ask(gateway, { model: "dear" });
    await until("the rewards", async () => (await attemptsOf(site, "dear")) > 3.9);
    const meanOf = async (modelId: string): Promise<number> => {
      const arm = (await publishedArms(site)).find((known) => known.modelId === modelId);
      return arm === undefined ? 0.5 : arm.alpha / (arm.alpha + arm.beta);
    };
    // Dear answers earn 0.3 less.
    expect(await meanOf("dear")).toBeGreaterThan(0.5);
    expect(await meanOf("dear")).toBeLessThan(0.72);
    // 404 speaks against the model, not against its provider: no breaker interferes.
    site.mock.plan("up-steady", { steps: [{ kind: "status", status: 404, repeat: true }] });
    for (let request = 0; request < 6; request++) {
      const { status } = await ask(gateway, { model: "steady" });
      expect(status).toBe(502);
    }
    await until("the punishment", async () => (await meanOf("steady")) < 0.4);
    await untilAnsweredBy(gateway, "dear");
  });

  it("S1d-29: books the reward of a request that failed over to the model that failed, and nothing to no model", async () => {
    await using site = await open(pair);
    const gateway = await site.startAll();
    site.mock.plan("up-steady", {
      steps: [
        { kind: "status", status: 404 },
        { kind: "status", status: 404 },
      ],
    });
    expect((await ask(gateway, { wishes: thompson })).headers.get("x-tokenhub-model")).toBe("dear");
    site.mock.plan("up-dear", { steps: [{ kind: "status", status: 404 }] });
    expect((await ask(gateway, { wishes: thompson })).status).toBe(502);
    await using database = await openDatabase({ kind: "sqlite", path: join(site.directory, "tokenhub.db") });
    const rewards = await until("four attempts", async () => {
      const { items, total } = await createRewardRepository(database.db).page({ limit: 10 });
      return total === 4 ? items : null;
    });
    const booked = rewards.map(({ modelId, attemptIndex, reward }) => [modelId, attemptIndex, reward > 0]);
    expect(booked.toReversed()).toEqual([
      ["steady", 0, false],
      ["dear", 1, true],
      ["steady", 0, false],
      ["dear", 1, false],
    ]);
    const first = rewards.filter(({ attemptIndex }) => attemptIndex === 0);
    expect(first.every(({ propensity }) => propensity !== null && propensity > 0)).toBe(true);
    await until("the arms", async () => (await publishedArms(site)).length === 2);
    const arms = await publishedArms(site);
    expect(arms.map(({ modelId }) => modelId).toSorted()).toEqual(["dear", "steady"]);
  });

  it("S1d-29: forgets, so that a model that was bad gets its share back; a Redis that lost the beliefs has them again", async () => {
    await using site = await open(pair);
    await using gateway = await composeGateway(
      { ...site.productOf(pair(site.mock.url)), redisUrl, adminPort: null, maxInFlight: 100, drainMs: 1_000 },
      { halfLifeMs: 1_000, logger: createLogger({ service: "gateway", level: "fatal" }) },
    );
    await site.startRouter();
    await site.startProviderWorker();
    const failures = Array.from({ length: 8 }, () => ({ kind: "status", status: 404 }) as const);
    site.mock.plan("up-steady", { steps: failures });
    for (let request = 0; request < 8; request++) await ask(gateway, { model: "steady" });
    await until("the beliefs", async () => (await publishedArms(site)).some(({ beta }) => beta > 1.5));
    await site.redis.del(site.keyspace.bandit);
    await until("the beliefs again", async () => (await publishedArms(site)).length === 1);
    // Nobody has asked for it meanwhile, and nothing new was learned.
    await until("all to be forgotten", async () => (await publishedArms(site)).length === 0, 30_000);
    await untilAnsweredBy(gateway, "steady");
    expect(await attemptsOf(site, "dear")).toBe(0);
  });
});

describe("GET /admin/v1/routing/evaluation", () => {
  it("S1d-30: judges other policies from the log of a policy that explored", async () => {
    await using site = await open(pair);
    const gateway = await site.startGateway();
    // Every decision explores by chance alone.
    await site.startRouter({ random: Math.random });
    await site.startProviderWorker();
    site.mock.plan("up-dear", { usage: { inputTokens: 1_000, outputTokens: 0 } });
    await Promise.all(
      Array.from({ length: 60 }, () =>
        ask(gateway, { wishes: { strategy: "thompson" }, content: "Say hello" }),
      ),
    );
    const evaluate = async (policy: string): Promise<Json> => {
      const { status, json } = await adminCall(gateway, {
        method: "GET",
        path: `/routing/evaluation?policy=${encodeURIComponent(policy)}`,
      });
      expect(status).toBe(200);
      return json;
    };
    await until("all sixty", async () => (await evaluate("uniform"))["rows"] === 60);
    const valueOf = ({ doubly_robust }: Json): number => Number((doubly_robust as Json)["value"]);
    const steady = await evaluate("model:steady");
    const dear = await evaluate("model:dear");
    expect(valueOf(steady)).toBeGreaterThan(valueOf(dear));
    expect(steady).toMatchObject({
      policy: "model:steady",
      left_out: { without_alternative: 0, without_propensity: 0 },
      logged: { value: expect.any(Number) },
      ips: {
        value: expect.any(Number),
        standard_error: expect.any(Number),
        effective_rows: expect.any(Number),
      },
      advice: null,
    });
    for (const policy of ["greedy", "thompson", "cheapest", "highest_weight"])
      expect(valueOf(await evaluate(policy))).toBeGreaterThan(0.3);
    const odd = await adminCall(gateway, { method: "GET", path: "/routing/evaluation?policy=clever" });
    expect(odd).toMatchObject({
      status: 400,
      json: { error: { message: expect.stringContaining("model:<id>") } },
    });
  });

  it("S1d-30: says so when there is nothing to judge from", async () => {
    await using site = await open(pair);
    const gateway = await site.startGateway();
    expect((await adminCall(gateway, { method: "GET", path: "/routing/evaluation" })).json).toMatchObject({
      rows: 0,
      ips: { value: null },
      advice: expect.stringContaining("no choices"),
    });
  });
});
