import { startTestNetwork, type TestNetwork } from "@tokenhub/testkit";
import { afterAll, beforeAll, beforeEach, describe, expect, inject, it } from "vitest";
import { ask } from "../lifecycle/ask.ts";
import { adminEnvironment, administer } from "./admin-client.ts";

let network: TestNetwork;
beforeAll(async () => {
  network = await startTestNetwork({
    redisUrl: inject("redisUrl"),
    config: { routing: { default_max_latency_ms: "250s" } },
    env: { ...adminEnvironment },
  });
});
afterAll(() => network[Symbol.asyncDispose]());

const admin = (method: string, path: string, body?: unknown, headers?: Record<string, string>) =>
  administer(network, method, `/admin/v1${path}`, {
    ...(body === undefined ? {} : { body }),
    ...(headers === undefined ? {} : { headers }),
  });

describe("/admin/v1/routing-config", () => {
  it("says what is in force and where it comes from, before and after somebody saved something", async () => {
    const before = await admin("GET", "/routing-config");
    expect(before).toMatchObject({ status: 200, etag: '"v0"' });
    expect(before.json).toEqual({
      default_strategy: "objective",
      default_mode: "normal",
      default_max_budget_usd: null,
      default_max_latency_ms: 250_000,
      allow_exploration: true,
      exploration_share: 0.2,
      exploration_temperature: 0,
      sources: {
        default_strategy: "default",
        default_mode: "default",
        default_max_budget_usd: "default",
        default_max_latency_ms: "file",
        allow_exploration: "default",
        exploration_share: "default",
        exploration_temperature: "default",
      },
      version: 0,
    });
    const after = await admin("PATCH", "/routing-config", { default_mode: "cheap" }, { "if-match": '"v0"' });
    expect(after).toMatchObject({
      status: 200,
      etag: '"v1"',
      json: {
        default_mode: "cheap",
        default_max_latency_ms: 250_000,
        sources: { default_mode: "admin", default_max_latency_ms: "admin" },
      },
    });
    expect((await admin("PUT", "/routing-config", after.json)).json.default_mode).toBe("cheap");
  });

  it("S0-19: a saved budget holds for the requests that follow, and set back to null or 0 it is gone", async () => {
    const refused = { status: 400, json: { error: { code: "no_eligible_model" } } };
    for (const none of [null, 0]) {
      await admin("PATCH", "/routing-config", { default_max_budget_usd: 0.000001 });
      expect(await ask(network, { model: "claude-test" })).toMatchObject(refused);
      expect((await admin("PATCH", "/routing-config", { default_max_budget_usd: none })).json).toMatchObject({
        default_max_budget_usd: null,
        sources: { default_max_budget_usd: "admin" },
      });
      expect((await ask(network, { model: "claude-test" })).status).toBe(200);
    }
  });

  it("S0-1: the saved strategy decides which model a request that says nothing gets", async () => {
    await admin("PUT", "/routing-config", { default_strategy: "highest_weight" });
    expect((await ask(network, {})).headers.get("x-tokenhub-model")).toBe("claude-test");
    await admin("PUT", "/routing-config", { default_strategy: "cheapest" });
    expect((await ask(network, {})).headers.get("x-tokenhub-model")).toBe("spare-test");
    const stated = await ask(network, { wishes: { strategy: "highest_weight" } });
    expect(stated.headers.get("x-tokenhub-model")).toBe("claude-test");
  });

  it("a saved exploration temperature reaches the routers with each request, and 0 takes it back", async () => {
    const modelsOf20 = async () => {
      const models = new Set<string | null>();
      for (let count = 0; count < 20; count++)
        models.add(
          (await ask(network, { wishes: { strategy: "objective" } })).headers.get("x-tokenhub-model"),
        );
      return models.size;
    };
    await admin("PUT", "/routing-config", { exploration_temperature: 100 });
    expect(await modelsOf20()).toBeGreaterThan(1);
    await admin("PUT", "/routing-config", { exploration_temperature: 0 });
    expect(await modelsOf20()).toBe(1);
  });

  it("PUT is a whole: what is left out goes back to the product's own; thompson as mode is that strategy", async () => {
    await admin("PUT", "/routing-config", { default_mode: "thompson", allow_exploration: false });
    expect((await admin("GET", "/routing-config")).json).toMatchObject({
      default_strategy: "thompson",
      default_mode: "normal",
      default_max_latency_ms: null,
      allow_exploration: false,
    });
    await admin("PUT", "/routing-config", {});
    expect((await admin("GET", "/routing-config")).json).toMatchObject({
      default_strategy: "objective",
      allow_exploration: true,
    });
  });

  it.each([
    [{ default_mode: "bogus" }, "default_mode"],
    [{ default_max_budget_usd: 100.01 }, "default_max_budget_usd"],
    [{ default_max_budget_usd: -1 }, "default_max_budget_usd"],
    [{ default_max_latency_ms: 300_001 }, "default_max_latency_ms"],
    [{ default_max_latency_ms: "20s" }, "default_max_latency_ms"],
    [{ default_mode: "thompson", default_strategy: "cheapest" }, "default_mode"],
    [{ exploration_share: 1.1 }, "exploration_share"],
    [{ exploration_temperature: -1 }, "exploration_temperature"],
    [{ colour: "red" }, null],
  ])("a change to %j is a 400 and changes nothing", async (body, param) => {
    const before = await admin("GET", "/routing-config");
    expect(await admin("PATCH", "/routing-config", body)).toMatchObject({
      status: 400,
      json: { error: { code: "invalid_request", param } },
    });
    expect((await admin("GET", "/routing-config")).json).toEqual(before.json);
  });

  it("a stale version is a 412 with the present one; changes at once are all kept", async () => {
    const { json } = await admin("GET", "/routing-config");
    expect(await admin("PUT", "/routing-config", {}, { "if-match": '"v0"' })).toMatchObject({
      status: 412,
      etag: `"v${json.version}"`,
    });
    const answers = await Promise.all([
      admin("PATCH", "/routing-config", { default_mode: "planning" }),
      admin("PATCH", "/routing-config", { default_max_budget_usd: 3 }),
      admin("PATCH", "/routing-config", { default_max_latency_ms: 9_000 }),
    ]);
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
    expect((await admin("GET", "/routing-config")).json).toMatchObject({
      default_mode: "planning",
      default_max_budget_usd: 3,
      default_max_latency_ms: 9_000,
    });
  });
});

describe("/admin/v1/routing/simulate", () => {
  const simulate = (body: unknown = {}) => admin("POST", "/routing/simulate", body);
  beforeEach(async () => {
    await admin("PUT", "/routing-config", {});
    network.mock.clearCalls();
  });

  it("S0-1, S0-2, S3-15: answers what a request would get, with every candidate's score or reason, and calls nobody", async () => {
    const { status, json } = await simulate({ strategy: "highest_weight", token_count: 1_000 });
    expect(status).toBe(200);
    expect(json.decision).toMatchObject({
      model_id: "claude-test",
      provider_id: "anthropic-up",
      strategy: "highest_weight",
      alias: null,
      explored: false,
      fallbacks: [
        { model_id: "gpt-test", provider_id: "openai-up" },
        { model_id: "spare-test", provider_id: "spare" },
      ],
    });
    expect(json.eligible[0]).toMatchObject({
      id: "claude-test",
      provider_id: "anthropic-up",
      weight: 85,
      max_context_tokens: 200_000,
      input_per_1k: 0.01,
      output_per_1k: 0.01,
      enabled: true,
      selected: true,
    });
    expect(json.total).toBe(3);
    const reasons = Object.fromEntries(
      json.considered.map((one: { model_id: string; skip_reason: string | null }) => [
        one.model_id,
        one.skip_reason,
      ]),
    );
    expect(reasons).toMatchObject({
      "claude-test": null,
      "embed-test": "operation_not_served",
      "mock-gpt-4": "mock_only_when_alone",
    });
    expect(network.mock.calls()).toEqual([]);
    const real = await ask(network, { wishes: { strategy: "highest_weight" } });
    expect(real.headers.get("x-tokenhub-model")).toBe("claude-test");
  });

  it.each([
    ["context", { token_count: 150_000 }, "claude-test"],
    ["price", { max_cost_per_1k: 0.001 }, "spare-test"],
    ["weight", { min_weight: 81 }, "claude-test"],
    ["budget", { max_budget_usd: 0.0009, token_count: 100 }, "spare-test"],
    ["named model", { model_hint: "gpt-test" }, "gpt-test"],
    ["alias", { model_hint: "fast", strategy: "highest_weight" }, "gpt-test"],
    ["nothing named", { model_hint: "*", strategy: "cheapest" }, "spare-test"],
    ["operation", { operation: "embeddings" }, "embed-test"],
  ])("S0-1: the %s of a request decides", async (_what, body, modelId) => {
    expect((await simulate(body)).json.decision?.model_id).toBe(modelId);
  });

  it("S1d-35: capabilities have an effect", async () => {
    await admin("PATCH", "/models/claude-test", { capabilities: ["chat"] });
    await admin("PATCH", "/models/gpt-test", { capabilities: ["chat", "streaming"] });
    const { json } = await simulate({ capabilities: ["vision"], strategy: "highest_weight" });
    expect(json.considered).toContainEqual(
      expect.objectContaining({ model_id: "gpt-test", skip_reason: "capability_missing" }),
    );
    await admin("PATCH", "/models/gpt-test", { capabilities: null });
    await admin("PATCH", "/models/claude-test", { capabilities: null });
  });

  it("messages are counted when no number is given, and 500 tokens are assumed without either", async () => {
    const content = "x".repeat(4_000);
    expect((await simulate({ messages: [{ role: "user", content }] })).json.request.token_count).toBe(1_000);
    expect(
      (await simulate({ messages: [{ role: "user", content }], token_count: 7 })).json.request.token_count,
    ).toBe(7);
    expect((await simulate({ token_count: 0 })).json.request.token_count).toBe(500);
  });

  it("where nothing fits it is an error with the code of the request itself, and every candidate's reason", async () => {
    const { status, json } = await simulate({ max_cost_per_1k: 0.00001 });
    expect(status).toBe(400);
    expect(json).toMatchObject({
      error: { code: "no_eligible_model" },
      decision: null,
      eligible: [],
      total: 0,
    });
    expect(json.skipped_by_reason.price_above_limit).toBeGreaterThan(0);
    expect(json.considered.length).toBeGreaterThan(0);
    expect(await simulate({ token_count: 10_000_000 })).toMatchObject({
      status: 400,
      json: { error: { code: "context_length_exceeded" } },
    });
    expect(await simulate({ model_hint: "gpt-tset" })).toMatchObject({
      status: 404,
      json: { error: { code: "model_not_found" } },
    });
  });

  it("uses the defaults in force, the key's list of models and the providers' present health", async () => {
    await admin("PUT", "/routing-config", { default_strategy: "cheapest" });
    expect((await simulate()).json.decision.model_id).toBe("spare-test");
    expect((await simulate({ max_budget_usd: 0 })).json.request.max_budget_usd).toBeNull();

    const key = await admin("POST", "/apikeys", { name: "narrow", allowed_models: ["gpt-test"] });
    if (key.status < 300) {
      const id: string = key.json.id ?? key.json.key.id;
      expect((await simulate({ key_id: id })).json.decision.model_id).toBe("gpt-test");
      expect((await simulate({ key_id: id, model_hint: "claude-test" })).status).toBe(403);
    }
    expect((await simulate({ key_id: "key_nobody" })).status).toBe(404);
  });

  it("sees an open circuit breaker as the routers do", async () => {
    await using own = await startTestNetwork({ redisUrl: inject("redisUrl"), env: { ...adminEnvironment } });
    own.mock.plan("up-spare", { steps: [{ kind: "status", status: 500, repeat: true }] });
    const real = async () => (await ask(own, { model: "spare-test" })).status;
    for (let failures = 0; failures < 3; failures += 1) await real();
    const { json } = await administer(own, "POST", "/admin/v1/routing/simulate", {
      body: { strategy: "cheapest" },
    });
    expect(json.decision.model_id).not.toBe("spare-test");
    expect(json.considered).toContainEqual(
      expect.objectContaining({ model_id: "spare-test", skip_reason: "breaker_open" }),
    );
  });

  it.each([
    [{ token_count: "many" }, "token_count"],
    [{ max_budget_usd: 100.01 }, "max_budget_usd"],
    [{ min_weight: -1 }, "min_weight"],
    [{ mode: "bogus" }, "mode"],
    [{ capabilities: ["telepathy"] }, "capabilities.0"],
    [{ colour: "red" }, null],
  ])("a question with %j is a 400", async (body, param) => {
    expect(await simulate(body)).toMatchObject({
      status: 400,
      json: { error: { code: "invalid_request", param } },
    });
  });
});
