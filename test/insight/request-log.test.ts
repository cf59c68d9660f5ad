import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { upstreamKey } from "@tokenhub/testkit";
import { openInsightSite, type InsightSite, type Json } from "./insight-site.ts";

let site: InsightSite;
const usage = { inputTokens: 1_000, outputTokens: 500 };
const secretPrompt = "the-prompt-nobody-may-see";
const secretAnswer = "the-answer-nobody-may-see";

beforeAll(async () => {
  site = await openInsightSite({ redisUrl: inject("redisUrl") });
});
afterAll(() => site[Symbol.asyncDispose]());

describe("GET /admin/v1/requests/{id}", () => {
  it("S1d-5, S2-41: explains an answer: candidates with scores, the attempt, estimate and actual cost, usage, timings", async () => {
    site.network.mock.plan("up-spare", { usage, text: secretAnswer });
    const { requestId, status } = await site.ask({ content: secretPrompt, wishes: { strategy: "cheapest" } });
    expect(status).toBe(200);
    const record = await site.explained(requestId);
    expect(record).toMatchObject({
      request_id: requestId,
      event_type: "chat_completion",
      outcome: "succeeded",
      status_code: 200,
      error_code: null,
      model_id: "spare-test",
      provider_id: "spare",
      upstream_model: "up-spare",
      tenant_id: "default",
      strategy: "cheapest",
      orchestration_mode: "simple",
      input_tokens: 1_000,
      output_tokens: 500,
      total_tokens: 1_500,
      cost_usd: 0.0015,
      usage: { input_tokens: 1_000, output_tokens: 500, source: "provider" },
      refusal: null,
      incidents: [],
    });
    const { decision, attempts, timings, rewards } = record as Record<string, Json> & {
      attempts: Json[];
      rewards: Json[];
    };
    expect(decision).toMatchObject({
      chosen: { model_id: "spare-test", provider_id: "spare" },
      explored: false,
    });
    expect(decision?.["candidates"]).toContainEqual(
      expect.objectContaining({
        model_id: "gpt-test",
        outcome: "fallback",
        skip_reason: null,
        score: expect.any(Number),
      }),
    );
    expect(decision?.["candidates"]).toContainEqual(
      expect.objectContaining({
        model_id: "embed-test",
        outcome: "skipped",
        skip_reason: "operation_not_served",
      }),
    );
    expect(decision?.["estimated_cost_usd"]).toBeGreaterThan(0);
    expect(attempts).toEqual([
      expect.objectContaining({
        model_id: "spare-test",
        provider_id: "spare",
        round: 0,
        called: true,
        failure: null,
      }),
    ]);
    expect(Number(timings?.["calls_ms"])).toBeLessThanOrEqual(Number(timings?.["total_ms"]));
    expect(rewards).toEqual([
      expect.objectContaining({ model_id: "spare-test", success: true, propensity: 1 }),
    ]);
  });

  it("S1d-5, S4-49: explains a refused request by the candidates it refused and why", async () => {
    const { requestId, status } = await site.ask({ wishes: { max_cost_per_1k: 0.000_001 } });
    expect(status).toBe(400);
    const record = await site.explained(requestId);
    expect(record).toMatchObject({
      outcome: "failed",
      error_code: "no_eligible_model",
      status_code: 400,
      model_id: null,
      decision: null,
      attempts: [],
      rewards: [],
      refusal: { skipped_by_reason: { price_above_limit: expect.any(Number) } },
    });
    const { candidates } = record["refusal"] as { candidates: Json[] };
    expect(candidates).toContainEqual(
      expect.objectContaining({
        model_id: "gpt-test",
        skip_reason: "price_above_limit",
        detail: expect.any(String),
      }),
    );
  });

  it("S3-25, S4-31: explains a request that went on to another model: each failed attempt with its reason", async () => {
    await using own = await openInsightSite({ redisUrl: inject("redisUrl") });
    own.network.mock.plan("up-claude", {
      steps: [{ kind: "status", status: 401, message: `wrong key for ${secretPrompt}` }],
    });
    const { requestId, status } = await own.ask({
      model: "claude-test",
      content: secretPrompt,
      wishes: { allow_fallback: true },
    });
    expect(status).toBe(200);
    const { attempts, decision, rewards } = await own.explained(requestId);
    expect(attempts).toEqual([
      expect.objectContaining({
        model_id: "claude-test",
        round: 0,
        called: true,
        failure: expect.objectContaining({
          class: "auth",
          code: "provider_auth_failed",
          provider_status: 401,
        }),
      }),
      expect.objectContaining({ round: 1, called: true, failure: null }),
    ]);
    expect(decision).toMatchObject({ reason: "fallback after auth" });
    // The failing model is punished, not the one that answered.
    expect(rewards).toEqual([
      expect.objectContaining({ model_id: "claude-test", success: false, error_class: "auth", reward: 0 }),
      expect.objectContaining({ success: true }),
    ]);
    expect(JSON.stringify(await own.explained(requestId))).not.toContain(secretPrompt);
  });

  it("S1d-5: explains a request that failed on every candidate: all attempts, and why nothing was left", async () => {
    await using own = await openInsightSite({ redisUrl: inject("redisUrl") });
    for (const model of ["up-gpt", "up-claude", "up-spare"])
      own.network.mock.plan(model, { steps: [{ kind: "status", status: 401 }] });
    const { requestId, status } = await own.ask({ content: "Say hello" });
    expect(status).toBe(502);
    const record = await own.explained(requestId);
    expect(record).toMatchObject({
      outcome: "failed",
      error_code: "provider_auth_failed",
      error_class: "auth",
    });
    const { attempts, rewards, refusal } = record as Record<string, Json[]> & { refusal: Json };
    expect(attempts?.map(({ model_id }) => model_id).toSorted()).toEqual([
      "claude-test",
      "gpt-test",
      "spare-test",
    ]);
    expect(refusal).toMatchObject({ skipped_by_reason: { already_failed: 3 } });
    // Booked to the models that failed, never to none.
    expect(rewards?.map(({ model_id, reward }) => [model_id, reward]).toSorted()).toEqual([
      ["claude-test", 0],
      ["gpt-test", 0],
      ["spare-test", 0],
    ]);
  });

  it("S2-61: a stream is recorded with its real usage, its cost and its time to the first token", async () => {
    site.network.mock.plan("up-gpt", { usage });
    const { requestId } = await site.ask({ model: "gpt-test", stream: true });
    expect(await site.explained(requestId)).toMatchObject({
      stream: true,
      total_tokens: 1_500,
      cost_usd: 0.003,
      usage: { source: "provider" },
      time_to_first_token_ms: expect.any(Number),
    });
  });

  it("an id that is not recorded answers 404 in the native shape", async () => {
    expect(await site.get("/requests/req_0000000000000000")).toMatchObject({
      status: 404,
      json: { error: { code: "not_found" } },
    });
  });
});

describe("GET /admin/v1/requests and /admin/v1/logs", () => {
  it("S0-11, S2-58: filter by model, provider, outcome, error, time and text, with limit, offset and total", async () => {
    const { requestId } = await site.ask({ model: "claude-test", format: "anthropic" });
    const record = await site.explained(requestId);
    const idsOf = async (query: string): Promise<unknown> => {
      const { json } = await site.get(`/requests?${query}`);
      return (json["items"] as Json[]).map((item) => item["request_id"]);
    };
    expect(await idsOf("model=claude-test")).toEqual([requestId]);
    expect(await idsOf("model_id=claude-test")).toEqual([requestId]);
    expect(await idsOf("provider_id=anthropic-up")).toEqual([requestId]);
    expect(await idsOf(`text=${requestId.slice(4, 20)}`)).toEqual([requestId]);
    expect(await idsOf("model=claude-test&tenant=nobody")).toEqual([]);
    const at = Date.parse(String(record["timestamp"]));
    expect(await idsOf(`model=claude-test&from=${at}&to=${at + 1}`)).toEqual([requestId]);
    expect(await idsOf(`model=claude-test&from=${new Date(at + 1).toISOString()}`)).toEqual([]);
    const refused = (await site.get("/requests?error_code=no_eligible_model&outcome=failed")).json;
    expect(refused["total"]).toBe(1);
    const all = (await site.get("/requests?limit=1&offset=1")).json;
    expect(all).toMatchObject({ limit: 1, offset: 1, total: expect.any(Number) });
    expect(all["items"]).toHaveLength(1);
    expect(Number(all["total"])).toBeGreaterThan(2);
  });

  it("S2-59, S2-60, S2-62, S2-63: the log has the names of the earlier request log", async () => {
    const { json } = await site.get("/logs?model=gpt-test&limit=1");
    expect(json["logs"]).toEqual([
      expect.objectContaining({
        id: expect.stringMatching(/^req_/),
        timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
        event_type: "chat_completion",
        model_id: "gpt-test",
        provider_id: "openai-up",
        mode: "normal",
        orchestration_mode: "simple",
        estimated_cost_usd: 0.003,
        latency_ms: expect.any(Number),
        status_code: 200,
        input_tokens: 1_000,
        output_tokens: 500,
        total_tokens: 1_500,
        alias_from: null,
        api_key_id: null,
      }),
    ]);
  });

  it.each([
    ["a limit out of range", "limit=0"],
    ["a time that is none", "from=yesterday"],
    ["a range turned round", "from=2000&to=1000"],
    ["an outcome that does not exist", "outcome=fine"],
  ])("%s answers 400, not a page of everything", async (_, query) => {
    expect(await site.get(`/requests?${query}`)).toMatchObject({
      status: 400,
      json: { error: { code: "invalid_request" } },
    });
  });

  it("neither prompts nor answers nor provider keys are in anything that the administration shows", async () => {
    const shown = await Promise.all(
      ["/requests", "/logs", "/rewards", "/audit", "/health", "/stats", "/engine/models"].map((path) =>
        site.get(path),
      ),
    );
    for (const { status, json } of shown) {
      expect(status).toBe(200);
      for (const secret of [secretPrompt, secretAnswer, upstreamKey])
        expect(JSON.stringify(json)).not.toContain(secret);
    }
  });
});
