import { Redis } from "ioredis";
import { createKeyspace } from "@tokenhub/contracts";
import { until } from "@tokenhub/testkit";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { openSite } from "../lifecycle/site.ts";
import { adminCall, adminToken, openInsightSite, type InsightSite, type Json } from "./insight-site.ts";

let site: InsightSite;
let requestId: string;
const usage = { inputTokens: 1_000, outputTokens: 500 };

beforeAll(async () => {
  site = await openInsightSite({ redisUrl: inject("redisUrl") });
  const { mock } = site.network;
  mock.plan("up-gpt", { usage });
  mock.plan("up-claude", { usage, steps: [{ kind: "status", status: 404 }] });
  for (let request = 0; request < 4; request++) ({ requestId } = await site.ask({ model: "gpt-test" }));
  await site.ask({ model: "claude-test" });
  await site.ask({ model: "claude-test", stream: true, format: "anthropic" });
  await until("all six", async () => (await site.get("/requests")).json["total"] === 6);
});
afterAll(() => site[Symbol.asyncDispose]());

describe("GET /admin/v1/health", () => {
  it("S1-32: shows state, totals, last error and last success of every provider, called or not", async () => {
    const { json } = await site.get("/health");
    const byId = new Map(
      (json["providers"] as Json[]).map((provider) => [provider["provider_id"], provider]),
    );
    expect(byId.get("openai-up")).toMatchObject({
      state: "healthy",
      total_requests: 4,
      total_errors: 0,
      consec_errors: 0,
      avg_latency_ms: expect.any(Number),
      last_error: null,
      last_error_time: null,
      last_success_at: expect.stringMatching(/Z$/),
      cooldown_until: null,
      breaker: { state: "closed", opened_at: null },
      endpoints: [],
    });
    expect(byId.get("anthropic-up")).toMatchObject({
      total_requests: 2,
      total_errors: 1,
      last_error: expect.any(String),
      last_error_class: "fatal",
      last_error_status: 404,
      last_error_model_id: "claude-test",
      last_success_at: expect.any(String),
    });
    expect(byId.get("spare")).toMatchObject({ state: "healthy", total_requests: 0, avg_latency_ms: null });
  });

  it("S1-32: shows what the health checks found out about each endpoint", async () => {
    const redis = new Redis(inject("redisUrl"));
    const keyspace = createKeyspace(site.network.redisPrefix);
    const state = {
      v: 1,
      isReachable: false,
      status: 503,
      durationMs: 12,
      reason: "HTTP 503",
      checkedAtMs: Date.now(),
    };
    await redis.hset(`${keyspace.providerHealth("spare")}:endpoints`, {
      "http://one.test": JSON.stringify(state),
      "http://gone.test": JSON.stringify({ ...state, checkedAtMs: Date.now() - 3_600_000 }),
      "http://odd.test": "{",
    });
    redis.disconnect();
    const { json } = await site.get("/health");
    const spare = (json["providers"] as Json[]).find((provider) => provider["provider_id"] === "spare");
    expect(spare?.["endpoints"]).toEqual([
      expect.objectContaining({
        endpoint: "http://one.test",
        reachable: false,
        status: 503,
        reason: "HTTP 503",
      }),
    ]);
  });
});

describe("the endpoints of a provider", () => {
  it("S1-32: are shown as the provider workers' health checks find them", async () => {
    await using checked = await openSite({
      redisUrl: inject("redisUrl"),
      env: { TOKENHUB_ADMIN_TOKEN: adminToken, TOKENHUB_ADMIN_RATE_LIMIT_RPS: "100000" },
    });
    const gateway = await checked.startGateway();
    await checked.startProcess("provider-worker", { TOKENHUB_HEALTH_PROBE_DISABLED: "" });
    const endpoints = await until("a check", async () => {
      const { json } = await adminCall(gateway, { method: "GET", path: "/health" });
      const [first] = (json["providers"] as Json[]).filter(({ provider_id }) => provider_id === "openai-up");
      const found = first?.["endpoints"] as Json[];
      return found.length === 1 ? found : null;
    });
    expect(endpoints[0]).toMatchObject({
      reachable: true,
      status: 200,
      endpoint: expect.stringContaining("127.0.0.1"),
    });
  });
});

describe("GET /admin/v1/stats", () => {
  it("S0-11: counts the requests of four windows, in all and by model, provider, key and mode", async () => {
    // Answers are kept for a second or so.
    const { json } = await until("the six", async () => {
      const answer = await site.get("/stats");
      return (answer.json["global"] as Json[])[0]?.["request_count"] === 6 ? answer : null;
    });
    expect((json["global"] as Json[]).map(({ window }) => window)).toEqual(["1m", "5m", "1h", "24h"]);
    expect((json["global"] as Json[])[3]).toMatchObject({
      request_count: 6,
      error_count: 1,
      error_rate: 1 / 6,
      input_tokens: 5_000,
      output_tokens: 2_500,
      total_tokens: 7_500,
      total_cost_usd: expect.closeTo(4 * 0.003 + 0.015, 9),
      avg_latency_ms: expect.any(Number),
      p50_latency_ms: expect.any(Number),
      p95_latency_ms: expect.any(Number),
      p99_latency_ms: expect.any(Number),
    });
    const of = (name: string): Json[] => (json[name] as Record<string, Json[]>)["1h"] ?? [];
    expect(of("by_model")[0]).toMatchObject({ window: "1h", model_id: "gpt-test", request_count: 4 });
    expect(of("by_provider")[0]).toMatchObject({ provider_id: "openai-up", request_count: 4 });
    expect(of("by_mode")[0]).toMatchObject({ mode: "normal", request_count: 6 });
    expect(of("by_api_key")[0]).toMatchObject({ api_key_id: null, request_count: 6 });
  });
});

describe("the time series", () => {
  it("S1-33: are read by metric, model and provider over a range", async () => {
    expect((await site.get("/tsdb/metrics")).json).toEqual({
      metrics: ["call_errors", "call_latency", "cost", "errors", "latency", "tokens", "ttft"],
    });
    const start = new Date(Date.now() - 3_600_000).toISOString();
    const { json } = await site.get(`/tsdb/query?metric=cost&start=${start}&step=3600000&agg=sum`);
    const series = json["series"] as (Json & { points: Json[] })[];
    expect(series.map(({ model_id, provider_id }) => [model_id, provider_id])).toEqual([
      ["claude-test", "anthropic-up"],
      ["gpt-test", "openai-up"],
    ]);
    const spent = series[1]?.points.reduce((sum, point) => sum + Number(point["v"]), 0);
    expect(spent).toBeCloseTo(0.012, 9);
    expect(json["step_ms"]).toBe(3_600_000);
    const byBoth = async (query: string): Promise<unknown> =>
      ((await site.get(`/tsdb/query?metric=tokens&${query}`)).json["series"] as Json[]).length;
    expect(await byBoth("model=gpt-test&provider=openai-up")).toBe(1);
    expect(await byBoth("model_id=gpt-test&provider_id=spare")).toBe(0);
    const [average] = (await site.get("/tsdb/query?metric=tokens&model=gpt-test")).json["series"] as {
      points: Json[];
    }[];
    expect(average?.points[0]).toMatchObject({ v: 1_500, avg: 1_500, min: 1_500 });
  });

  it("S1-33: refuse more points than they should bring, with advice, and a question without a metric", async () => {
    expect(await site.get("/tsdb/query?metric=cost&start=0&step=60000")).toMatchObject({
      status: 400,
      json: { error: { message: expect.stringContaining("Use a step of at least") } },
    });
    expect(await site.get("/tsdb/query")).toMatchObject({
      status: 400,
      json: { error: { message: expect.stringContaining("metric parameter required") } },
    });
  });

  it("keep the retention that an administrator sets, under either name, and prune on demand", async () => {
    expect((await site.get("/tsdb/retention")).json).toEqual({ retention_days: 7 });
    for (const body of [{ days: 30 }, { retention_days: 31 }]) {
      const [days] = Object.values(body);
      expect((await site.send("PUT", "/tsdb/retention", body)).json).toEqual({
        ok: true,
        retention_days: days,
      });
      expect((await site.get("/tsdb/retention")).json).toEqual({ retention_days: days });
    }
    expect(await site.send("PUT", "/tsdb/retention", { days: 0 })).toMatchObject({ status: 400 });
    expect(await site.send("PUT", "/tsdb/retention", {})).toMatchObject({ status: 400 });
    expect((await site.send("POST", "/tsdb/prune")).json).toEqual({ deleted: 0 });
  });
});

describe("GET /admin/v1/audit", () => {
  it("S1-22, S1d-28: lists what administrators did, with actor and address, by action, outcome and time", async () => {
    await site.send("PUT", "/tsdb/retention", { days: 9 });
    const { json } = await site.get("/audit?action=tsdb.retention&limit=1");
    expect(json).toMatchObject({ limit: 1, offset: 0, total: expect.any(Number) });
    expect(json["logs"]).toEqual([
      expect.objectContaining({
        action: "tsdb.retention",
        outcome: "ok",
        detail: { days: 9 },
        request_id: expect.stringMatching(/^req_/),
        actor: expect.objectContaining({
          kind: "token",
          id: "admin-token",
          role: "admin",
          ip: expect.any(String),
        }),
      }),
    ]);
    expect(
      (await site.get("/audit?action=tsdb.*&outcome=failed&from=2099-01-01T00:00:00Z")).json["total"],
    ).toBe(0);
  });
});

describe("GET /admin/v1/rewards", () => {
  it("S1-23, S1-24: lists context, action and reward of every attempt", async () => {
    const { json } = await site.get("/rewards?model=gpt-test&limit=2");
    expect(json).toMatchObject({ total: 4, limit: 2 });
    expect((json["rewards"] as Json[])[0]).toMatchObject({
      request_id: requestId,
      model_id: "gpt-test",
      provider_id: "openai-up",
      strategy: "objective",
      mode: "normal",
      token_bucket: "small",
      cost_usd: 0.003,
      success: true,
      error_class: null,
      propensity: 1,
      quality: null,
      reward: expect.any(Number),
    });
    expect((await site.get("/rewards?success=false")).json).toMatchObject({
      total: 1,
      rewards: [{ model_id: "claude-test", error_class: "fatal", reward: 0 }],
    });
    await until("the arms", async () => {
      const { arms } = (await site.get("/rewards/arms")).json as { arms: Json[] };
      const known = new Set(arms.map((arm) => arm["model_id"]));
      return known.has("claude-test") && known.has("gpt-test");
    });
  });
});

describe("GET /admin/v1/engine/models", () => {
  it("shows the catalogue as requests are routed among it, page by page, with the providers that serve it", async () => {
    const { json } = await site.get("/engine/models?limit=2");
    expect(json).toMatchObject({ limit: 2, offset: 0, total: expect.any(Number) });
    expect(json["models"]).toHaveLength(2);
    expect(json["adapters"]).toEqual(expect.arrayContaining(["openai-up", "anthropic-up", "spare"]));
    expect(json["adapter_info"]).toContainEqual({
      id: "openai-up",
      type: "openai-compatible",
      health_endpoint: `${site.network.mock.url}/v1/models`,
    });
  });
});

describe("POST /admin/v1/requests/{id}/feedback", () => {
  it("S1d-29: makes a judgement part of the reward and of what the bandit believes, once", async () => {
    const before = await site.explained(requestId);
    const [reward] = before["rewards"] as Json[];
    const meanOf = async (): Promise<number> => {
      const { arms } = (await site.get("/rewards/arms")).json as { arms: Json[] };
      return Number(arms.find((arm) => arm["model_id"] === "gpt-test")?.["mean_reward"]);
    };
    const meanBefore = await until("what is believed", meanOf);
    for (let time = 0; time < 2; time++) {
      const { json } = await site.send("POST", `/requests/${requestId}/feedback`, { quality: 0 });
      expect(json["reward"]).toMatchObject({
        quality: 0,
        reward: expect.closeTo(Number(reward?.["reward"]) - 0.4, 9),
      });
    }
    // Four rewards and the prior make six.
    await until("the belief", async () => Math.abs((await meanOf()) - (meanBefore - 0.4 / 6)) < 0.001);
  });

  it.each([
    ["a quality out of range", { quality: 2 }],
    ["no quality", {}],
  ])("%s answers 400", async (_, body) => {
    expect(await site.send("POST", `/requests/${requestId}/feedback`, body)).toMatchObject({ status: 400 });
  });

  it("for an unknown request answers 404, for one without an answer 409", async () => {
    expect(await site.send("POST", "/requests/req_0000000000000000/feedback", { quality: 1 })).toMatchObject({
      status: 404,
    });
    const [failed] = (await site.get("/requests?outcome=failed")).json["items"] as Json[];
    expect(
      await site.send("POST", `/requests/${String(failed?.["request_id"])}/feedback`, { quality: 1 }),
    ).toMatchObject({ status: 409 });
  });
});
