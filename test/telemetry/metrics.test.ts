import { testApiKey, until } from "@tokenhub/testkit";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { catalogueOf } from "../lifecycle/catalogue-of.ts";
import { startObservedSite, type ObservedSite } from "./observed-site.ts";

let site: ObservedSite;

beforeAll(async () => {
  site = await startObservedSite({
    redisUrl: inject("redisUrl"),
    config: (mockUrl) =>
      catalogueOf(mockUrl, {
        one: { models: { plain: {}, slow: {}, "vendor/dotted-3.5": {} } },
        failing: { models: { fails: {} } },
        spare: { models: { spare: { weight: 100 } } },
        windows: { models: { small: { context: 24_000 }, large: { context: 1_000_000 } } },
        keyless: { models: { "wrong-key": {} } },
        broken: { models: { "status-500": {} } },
      }),
  });
});
afterAll(() => site[Symbol.asyncDispose]());

/** The sum of all series of a metric that have these labels. */
async function total(
  service: Parameters<ObservedSite["metricsOf"]>[0],
  name: string,
  labels: Readonly<Record<string, string>> = {},
): Promise<number> {
  const series = (await site.metricsOf(service))
    .split("\n")
    .filter(
      (line) =>
        line.startsWith(`${name}{`) &&
        Object.entries(labels).every(([label, value]) => line.includes(`${label}="${value}"`)),
    );
  return series.reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(" "))), 0);
}

async function ask(
  model: string,
  more: object = {},
  headers: Readonly<Record<string, string>> = {},
): Promise<number> {
  const body = { model, messages: [{ role: "user", content: "Hello" }], ...more };
  const answer = await site.post("/v1/chat/completions", body, headers);
  await answer.text();
  return answer.status;
}

describe("GET /metrics of the gateway", () => {
  it("S0-34, S1-41, S2-6: it answers Prometheus text without a key", async () => {
    const answer = await fetch(`${site.gateway.url}/metrics`);
    expect(answer.status).toBe(200);
    expect(answer.headers.get("content-type")).toContain("text/plain; version=0.0.4");
    const text = await answer.text();
    expect(text).toMatch(/^# TYPE tokenhub_requests_total counter$/m);
    for (const line of text.split("\n"))
      expect(line).toMatch(
        /^(?:|# (?:HELP|TYPE) [a-z0-9_]+ .+|[a-z0-9_]+(?:\{.*\})? (?:[-+0-9.e]+|NaN|\+Inf))$/i,
      );
  });

  it("S0-13, S0-17, S1-31, S3-87: it names every metric of the product before the first request", async () => {
    const text = await site.metricsOf("gateway");
    for (const [name, type] of [
      ["tokenhub_requests_total", "counter"],
      ["tokenhub_request_duration_seconds", "histogram"],
      ["tokenhub_tokens_used_total", "counter"],
      ["tokenhub_model_calls_total", "counter"],
      ["tokenhub_request_latency_ms", "histogram"],
      ["tokenhub_cost_usd_total", "counter"],
      ["tokenhub_tokens_total", "counter"],
      ["tokenhub_rate_limited_total", "counter"],
      ["tokenhub_admin_rate_limited_total", "counter"],
      ["tokenhub_temporal_up", "gauge"],
      ["tokenhub_temporal_circuit_state", "gauge"],
      ["tokenhub_temporal_fallback_total", "counter"],
      ["tokenhub_provider_health_state", "gauge"],
      ["tokenhub_request_errors_total", "counter"],
      ["tokenhub_provider_skips_total", "counter"],
      ["tokenhub_store_dropped_total", "counter"],
      ["tokenhub_heartbeat_total", "counter"],
      ["tokenhub_escalations_total", "counter"],
      ["tokenhub_time_to_first_token_seconds", "histogram"],
      ["tokenhub_tokens_per_second", "histogram"],
      ["tokenhub_queue_wait_seconds", "histogram"],
      ["tokenhub_retries_total", "counter"],
      ["tokenhub_queue_jobs", "gauge"],
      ["tokenhub_queue_oldest_job_seconds", "gauge"],
      ["tokenhub_provider_breaker_state", "gauge"],
      ["tokenhub_vault_state", "gauge"],
      ["tokenhub_recorder_lag_facts", "gauge"],
    ])
      expect(text).toContain(`# TYPE ${name} ${type}\n`);
  });

  it("S2-54, S2-55, S2-56, S2-57: an answered request is in all four first metrics at once", async () => {
    expect(await ask("plain")).toBe(200);
    const endpoint = "/v1/chat/completions";
    expect(
      await total("gateway", "tokenhub_requests_total", { endpoint, model: "plain", status: "success" }),
    ).toBe(1);
    expect(await total("gateway", "tokenhub_request_duration_seconds_count", { endpoint })).toBeGreaterThan(
      0,
    );
    expect(await total("gateway", "tokenhub_tokens_used_total", { model: "plain" })).toBeGreaterThan(0);
    expect(await total("gateway", "tokenhub_model_calls_total", { model: "plain", status: "success" })).toBe(
      1,
    );
  });

  it("a name with a slash and a dot is a label value like any other", async () => {
    expect(await ask("vendor/dotted-3.5", { stream: true })).toBe(200);
    const labels = { model: "vendor/dotted-3.5", provider: "one" };
    await until("the stream to be counted", () => total("gateway", "tokenhub_requests_total", labels));
    expect(await total("gateway", "tokenhub_time_to_first_token_seconds_count", labels)).toBe(1);
    expect(
      await total("gateway", "tokenhub_queue_wait_seconds_count", { queue: "call.one" }),
    ).toBeGreaterThan(0);
  });

  it("a failover is a retry or an escalation, a skip, a breaker and two model calls", async () => {
    site.mock.plan("up-fails", { steps: [{ kind: "status", status: 401, repeat: true }] });
    expect(await ask("fails", {}, { "x-tokenhub-allow-fallback": "true" })).toBe(200);
    expect(await total("gateway", "tokenhub_escalations_total", { reason: "auth" })).toBe(1);
    expect(await total("gateway", "tokenhub_model_calls_total", { model: "fails", status: "error" })).toBe(1);
    expect(await total("gateway", "tokenhub_model_calls_total", { model: "spare", status: "success" })).toBe(
      1,
    );
    expect(await total("gateway", "tokenhub_provider_skips_total", { provider: "failing" })).toBe(1);
    expect(await total("router", "tokenhub_routing_escalations_total", { outcome: "escalated" })).toBe(1);
    expect(
      await total("provider", "tokenhub_provider_failures_total", {
        provider: "failing",
        reaction: "reroute",
      }),
    ).toBe(1);
  });

  it("what a caller who went away has used is counted when it is recorded", async () => {
    site.mock.plan("up-slow", { tokens: 400, tokensPerSecond: 50 });
    const usedBefore = await total("gateway", "tokenhub_tokens_used_total", { model: "slow" });
    const leaving = new AbortController();
    const answer = await fetch(`${site.gateway.url}/v1/chat/completions`, {
      method: "POST",
      headers: { "content-type": "application/json", authorization: `Bearer ${testApiKey}` },
      body: JSON.stringify({ model: "slow", stream: true, messages: [{ role: "user", content: "Hello" }] }),
      signal: leaving.signal,
    });
    await answer.body?.getReader().read();
    leaving.abort();
    await until("the request to be cancelled", () =>
      total("gateway", "tokenhub_requests_total", { status: "cancelled" }),
    );
    const used = await until("its tokens", async () => {
      const tokens = await total("gateway", "tokenhub_tokens_used_total", { model: "slow" });
      return tokens > usedBefore && tokens;
    });
    // Nobody paid for the 400 tokens that were never generated.
    expect(used).toBeLessThan(400);
  });

  it("S2-54: a refused request is an error of its endpoint, with its HTTP status", async () => {
    expect(await ask("no-such-model")).toBe(404);
    expect(await total("gateway", "tokenhub_request_errors_total", { http_status: "404" })).toBe(1);
    expect(
      await total("gateway", "tokenhub_requests_total", {
        endpoint: "/v1/chat/completions",
        status: "error",
      }),
    ).toBeGreaterThan(0);
  });

  it("S1-32: providers and queues are shown as they are", async () => {
    for (const provider of ["one", "failing", "spare"])
      expect(await total("gateway", "tokenhub_provider_health_state", { provider })).toBeGreaterThan(0);
    const text = await site.metricsOf("gateway");
    for (const queue of ["route", "call.one", "call.failing", "call.spare"])
      expect(text).toContain(`tokenhub_queue_jobs{queue="${queue}",state="active"`);
    await until("the recorder", async () => (await total("gateway", "tokenhub_recorder_lag_facts")) === 0);
  });
});

describe("the log", () => {
  it("S3-88: every line of every service is JSON, and the lines of a request carry its id", async () => {
    const answer = await site.post("/v1/chat/completions", {
      model: "spare",
      messages: [{ role: "user", content: "Hello" }],
    });
    await answer.text();
    const requestId = answer.headers.get("x-request-id");
    const lines = site.logLines.map((line) => JSON.parse(line) as Record<string, unknown>);
    for (const line of lines)
      expect(line).toMatchObject({ level: expect.any(String), service: expect.any(String) });
    const own = lines.filter((line) => line["requestId"] === requestId).map((line) => line["service"]);
    expect(new Set(own)).toEqual(new Set(["gateway", "router-worker", "provider-worker"]));
  });

  /** The lines with this message, for one model. */
  const linesOf = (message: string, model: string): Record<string, unknown>[] =>
    site.logLines
      .map((line) => JSON.parse(line) as Record<string, unknown>)
      .filter((line) => line["msg"] === message && Object.values(line).includes(model));

  it("S3-25, S4-49: an escalation is in the log with both models and the reason", async () => {
    const overflow = { kind: "context_overflow" as const, maximumTokens: 24_000, repeat: true };
    site.mock.plan("up-small", { steps: [overflow] });
    expect(await ask("small", {}, { "x-tokenhub-allow-fallback": "true" })).toBe(200);
    expect(linesOf("request escalated to another model", "small")).toMatchObject([
      { level: "info", fromModelId: "small", fromProviderId: "windows", failureClass: "context_overflow" },
    ]);
  });

  it("S4-49: when no larger model exists the log says so and so does the answer", async () => {
    const overflow = { kind: "context_overflow" as const, maximumTokens: 1_000_000, repeat: true };
    site.mock.plan("up-large", { steps: [overflow] });
    const answer = await site.post(
      "/v1/chat/completions",
      { model: "large", messages: [{ role: "user", content: "Hello" }] },
      { "x-tokenhub-allow-fallback": "true" },
    );
    expect(answer.status).toBe(400);
    expect(await answer.text()).toMatch(/context/i);
    expect(linesOf("no model can take the request", "large")).toMatchObject([
      { level: "warn", fromModelId: "large", failureClass: "context_overflow" },
    ]);
  });

  it("S4-48: a failed provider call is logged with what is wrong: the key, the status", async () => {
    site.mock.plan("up-wrong-key", { steps: [{ kind: "status", status: 401, repeat: true }] });
    site.mock.plan("up-status-500", { steps: [{ kind: "status", status: 500, repeat: true }] });
    expect(await ask("wrong-key")).toBe(502);
    expect(await ask("status-500")).toBe(502);
    const failures = site.logLines
      .map((line) => JSON.parse(line) as Record<string, unknown>)
      .filter((line) => line["problem"] !== undefined);
    expect(failures).toContainEqual(
      expect.objectContaining({ providerId: "keyless", problem: "key", providerStatus: 401 }),
    );
    expect(failures).toContainEqual(
      expect.objectContaining({ providerId: "broken", problem: "status", providerStatus: 500 }),
    );
  });

  it("S4-45: a wrong key is logged with its source, and the key is not", async () => {
    const answer = await fetch(`${site.gateway.url}/v1/models`, {
      headers: { authorization: "Bearer tokenhub_somebody_guessed_this" },
    });
    expect(answer.status).toBe(401);
    const line = site.logLines.find((text) => text.includes("authentication failed"));
    expect(JSON.parse(line ?? "{}")).toMatchObject({
      level: "warn",
      code: "invalid_api_key",
      path: "/v1/models",
      remoteAddress: expect.stringContaining("127.0.0.1"),
    });
    expect(site.logLines.join("")).not.toContain("somebody_guessed_this");
  });
});
