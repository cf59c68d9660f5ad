import type { Gateway } from "@tokenhub/gateway";
import { afterAll, beforeAll, beforeEach, describe, expect, inject, it } from "vitest";
import { ask, type Answer, type Question } from "../lifecycle/ask.ts";
import { catalogueOf } from "../lifecycle/catalogue-of.ts";
import { rowOf } from "../lifecycle/request-rows.ts";
import { openSite, type Site } from "../lifecycle/site.ts";

let site: Site;
let gateway: Gateway;

const modelIds = ["best", "good", "fair", "dear", "tiny"] as const;

beforeAll(async () => {
  site = await openSite({
    redisUrl: inject("redisUrl"),
    config: (mockUrl) =>
      catalogueOf(
        mockUrl,
        {
          "house-best": { models: { best: { weight: 90, price: 0.004 } } },
          "house-good": { type: "anthropic", models: { good: { weight: 80, price: 0.004 } } },
          "house-fair": { models: { fair: { weight: 30, price: 0.002 } } },
          "house-dear": { models: { dear: { weight: 70, price: 0.09 } } },
          "house-tiny": { models: { tiny: { weight: 60, price: 0.001, context: 64 } } },
        },
        { chat: ["fair", "good"] },
      ),
  });
  gateway = await site.startAll();
});
afterAll(() => site[Symbol.asyncDispose]());
beforeEach(() => {
  site.mock.clearCalls();
  site.mock.clearPlans();
});

/** A rate limit sends a request elsewhere without harm to the provider's breaker. */
function refuse(...models: readonly (typeof modelIds)[number][]): void {
  for (const model of models)
    site.mock.plan(`up-${model}`, { steps: [{ kind: "status", status: 429, retryAfterMs: 1 }] });
}
/** More than `tiny` can hold. */
const content = "word".repeat(100);
/** By weight, because measured latencies would change the order from run to run. */
const byWeight = { "x-tokenhub-strategy": "highest_weight" };
const askFor = ({ headers, ...question }: Omit<Question, "content">): Promise<Answer> =>
  ask(gateway, { content, headers: { ...byWeight, ...headers }, ...question });
const calledModels = () => site.mock.calls().map((call) => call.model);

describe("a request without a model", () => {
  it("goes to the best candidate, with the reason, and to the next one when that fails", async () => {
    const first = await askFor({});
    expect(first.headers.get("x-tokenhub-model")).toBe("best");
    expect(first.headers.get("x-tokenhub-reason")).toBe("highest_weight score=90 of 4");

    refuse("best");
    const second = await askFor({});
    expect(second.status).toBe(200);
    expect(second.headers.get("x-tokenhub-model")).toBe("good");
    expect(second.headers.get("x-tokenhub-reason")).toBe("fallback after rate_limited");
    expect(calledModels()).toEqual(["up-best", "up-best", "up-good"]);
  });

  it("stores the decision with every candidate, its score or the reason why it was skipped", async () => {
    refuse("best");
    const answer = await askFor({ wishes: { max_cost_per_1k: 0.01 } });
    const { decision, attempts, modelId } = await rowOf(site, answer.requestId);
    expect(modelId).toBe("good");
    expect(decision).toMatchObject({
      strategy: "highest_weight",
      mode: "normal",
      chosen: { modelId: "good", providerId: "house-good" },
      fallbacks: [{ modelId: "fair", providerId: "house-fair" }],
      reason: "fallback after rate_limited",
    });
    const considered = new Map(decision?.considered.map((candidate) => [candidate.modelId, candidate]));
    expect(considered.get("good")).toMatchObject({ outcome: "chosen", score: expect.any(Number) });
    expect(considered.get("fair")).toMatchObject({ outcome: "fallback", score: expect.any(Number) });
    expect(considered.get("best")).toMatchObject({ outcome: "skipped", skipReason: "already_failed" });
    expect(considered.get("dear")).toMatchObject({
      skipReason: "price_above_limit",
      detail: "costs 0.09 USD per 1000 tokens, the limit is 0.01",
    });
    expect(considered.get("tiny")).toMatchObject({ skipReason: "context_too_small" });
    expect([...considered.keys()]).toEqual(expect.arrayContaining([...modelIds]));
    expect(decision?.skippedByReason).toMatchObject({ already_failed: 1, context_too_small: 1 });
    expect(attempts.map((attempt) => [attempt.modelId, attempt.round])).toEqual([
      ["best", 0],
      ["good", 1],
    ]);
  });
});

describe("an alias", () => {
  it("is answered by its models only, whatever fails", async () => {
    refuse("good");
    const answer = await askFor({ model: "chat" });
    expect(answer.headers.get("x-tokenhub-model")).toBe("fair");

    refuse("good", "fair");
    site.mock.plan("up-good", { steps: [{ kind: "status", status: 404, repeat: true }] });
    site.mock.plan("up-fair", { steps: [{ kind: "status", status: 404, repeat: true }] });
    site.mock.clearCalls();
    expect((await askFor({ model: "chat" })).status).toBe(502);
    expect(new Set(calledModels())).toEqual(new Set(["up-fair", "up-good"]));
  });
});

describe("naming a model", () => {
  it("is strict: no other one answers", async () => {
    site.mock.plan("up-best", { steps: [{ kind: "status", status: 404 }] });
    const answer = await askFor({ model: "best" });
    expect(answer).toMatchObject({ status: 502, json: { error: { code: "provider_error" } } });
    expect(calledModels()).toEqual(["up-best"]);
    const good = await askFor({ model: "best" });
    expect(good.headers.get("x-tokenhub-reason")).toBe("named");
  });

  it.each([
    ["in the body", { wishes: { allow_fallback: true } }],
    ["in a header", { headers: { "x-tokenhub-allow-fallback": "true" } }],
  ])("lets others answer when the caller allows it %s, and never sends the wish on", async (_where, wish) => {
    refuse("best");
    const answer = await askFor({ model: "best", ...wish });
    expect(answer.status).toBe(200);
    expect(answer.headers.get("x-tokenhub-model")).toBe("good");
    expect(calledModels()).toEqual(["up-best", "up-good"]);
    for (const call of site.mock.calls()) {
      expect(call.body).not.toHaveProperty("tokenhub");
      expect(Object.keys(call.headers)).not.toContain("x-tokenhub-allow-fallback");
    }
  });

  it("is strict again when the body forbids what a header allows", async () => {
    site.mock.plan("up-best", { steps: [{ kind: "status", status: 404 }] });
    const answer = await askFor({
      model: "best",
      wishes: { allow_fallback: false },
      headers: { "x-tokenhub-allow-fallback": "true" },
    });
    expect(answer.status).toBe(502);
  });
});

describe("a price ceiling", () => {
  it.each([
    ["in the body", { wishes: { max_cost_per_1k: 0.003 } }],
    ["in a header", { headers: { "x-tokenhub-max-cost-per-1k": "0.003" } }],
  ])("given %s holds for the first choice", async (_where, ceiling) => {
    const answer = await askFor(ceiling);
    expect(answer.headers.get("x-tokenhub-model")).toBe("fair");
  });

  it("holds for fallbacks too: rather an error than a dearer answer", async () => {
    site.mock.plan("up-fair", { steps: [{ kind: "status", status: 404 }] });
    const answer = await askFor({ model: "fair", wishes: { allow_fallback: true, max_cost_per_1k: 0.003 } });
    expect(answer.status).toBe(502);
    expect(calledModels()).toEqual(["up-fair"]);
  });

  it("below every price is a bad request that names the reason, without a call", async () => {
    const answer = await askFor({ wishes: { max_cost_per_1k: 0.0001 } });
    expect(answer).toMatchObject({ status: 400, json: { error: { code: "no_eligible_model" } } });
    expect(answer.raw).toContain("price_above_limit");
    expect(calledModels()).toEqual([]);
  });

  it("refuses a named model that is dearer", async () => {
    const answer = await askFor({ model: "dear", wishes: { max_cost_per_1k: 0.01 } });
    expect(answer).toMatchObject({ status: 400, json: { error: { code: "no_eligible_model" } } });
    expect(calledModels()).toEqual([]);
  });
});
