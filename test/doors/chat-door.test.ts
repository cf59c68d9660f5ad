import { startTestNetwork, type TestNetwork } from "@tokenhub/testkit";
import { afterAll, beforeAll, beforeEach, describe, expect, inject, it } from "vitest";
import { postJson } from "./post-json.ts";

let network: TestNetwork;
beforeAll(async () => {
  network = await startTestNetwork({ redisUrl: inject("redisUrl") });
});
afterAll(() => network[Symbol.asyncDispose]());
beforeEach(() => network.mock.clearCalls());

const hello = [{ role: "user", content: "hello" }];
const chat = (body: unknown, headers: Record<string, string> = {}) =>
  postJson(network, "/v1/chat", { body, headers });
const nested = (request: object, rest: object = {}) =>
  chat({ request: { messages: hello, ...request }, ...rest });
const lastBody = () => network.mock.calls().at(-1)?.body as Record<string, unknown> | undefined;

describe("the flat body", () => {
  it("S0-18, S0-25, S0-26, S0-32, S2-2, S2-9: messages alone, or with mode simple, are answered with text, model, tokens and reason", async () => {
    for (const mode of [{}, { orchestration_mode: "simple" }]) {
      const { status, json } = await chat({ messages: hello, model: "gpt-test", ...mode });
      expect(status).toBe(200);
      expect(json).toEqual({
        response: "Mock answer from up-gpt: hello",
        model: "gpt-test",
        tokens_used: expect.any(Number) as number,
        finish_reason: "stop",
      });
    }
  });

  it("S2-18, S2-19, S2-20: the policy fields beside the messages steer the choice and are not forwarded", async () => {
    const cheap = await chat({ messages: hello, max_cost_per_1k_tokens: 0.0015 });
    expect(cheap.json["model"]).toBe("spare-test");
    const wide = await chat({ messages: hello, min_context_size: 150_000 });
    expect(wide.json["model"]).toBe("claude-test");
    const heavy = await chat({ messages: hello, prefer_higher_weight: true });
    expect(heavy.json["model"]).toBe("claude-test");
    const cheapest = await chat({ messages: hello, prefer_higher_weight: false, max_tokens: 40 });
    expect(cheapest.json["model"]).toBe("spare-test");
    expect(Object.keys(lastBody() ?? {}).toSorted()).toEqual(["max_tokens", "messages", "model"]);
  });

  it("S0-6: no model within the limits is an error, never a dearer model", async () => {
    const { status, json } = await chat({ messages: hello, max_cost_per_1k_tokens: 0.000_001 });
    expect([status, typeof json["error"]]).toEqual([400, "string"]);
    expect(network.mock.calls()).toHaveLength(0);
  });

  it("C17: its errors are a plain sentence, an unknown mode included", async () => {
    const { status, json } = await chat({ messages: hello, orchestration_mode: "dance" });
    expect(status).toBe(400);
    expect(Object.keys(json)).toEqual(["error"]);
    expect(json["error"]).toContain("orchestration_mode");
  });
});

describe("the nested body", () => {
  it("S1d-4, S1d-5, C1: is answered with model, cost and reason beside the completion", async () => {
    const { status, json, headers } = await nested({ model_hint: "gpt-test", id: "mine-1" });
    expect(status).toBe(200);
    expect(json).toMatchObject({
      negotiated_model: "gpt-test",
      provider: "openai-up",
      routing_reason: "named",
      client_request_id: "mine-1",
      attempts: 1,
      response: {
        object: "chat.completion",
        model: "gpt-test",
        usage: { total_tokens: expect.any(Number) as number },
      },
    });
    expect(json["estimated_cost_usd"]).toBeGreaterThan(0);
    expect(headers.get("x-tokenhub-model")).toBe("gpt-test");
  });

  it("S1d-5: the decision is in the answer when it is asked for", async () => {
    const { json } = await nested({}, { include_decision: true });
    expect(json["tokenhub"]).toMatchObject({
      decision: { strategy: "objective", mode: "normal", considered: expect.any(Array) as unknown[] },
      attempts: [{ failure: null, called: true }],
    });
    expect((await nested({})).json["tokenhub"]).toBeUndefined();
  });

  it("S1d-35: capabilities decide who may answer", async () => {
    const config = {
      models: [
        {
          id: "plain",
          provider: "openai-up",
          name: "up-plain",
          weight: 90,
          capabilities: ["chat", "streaming"],
        },
        { id: "seeing", provider: "spare", name: "up-seeing", weight: 1, capabilities: ["chat", "images"] },
      ],
      aliases: {},
    };
    await using own = await startTestNetwork({ redisUrl: inject("redisUrl"), config });
    const send = (capabilities: unknown) =>
      postJson(own, "/v1/chat", {
        body: { request: { messages: hello }, policy: { strategy: "highest_weight" }, capabilities },
      });
    expect((await send(undefined)).json["negotiated_model"]).toBe("plain");
    expect((await send({ vision: true, planning: true })).json["negotiated_model"]).toBe("seeing");
    expect((await send(["images"])).json["negotiated_model"]).toBe("seeing");
    expect((await send({ images: false })).json["negotiated_model"]).toBe("plain");
    expect((await send(["reasoning"])).status).toBe(400);
  });

  it("parameters reach the provider as they are, except those the door decides", async () => {
    const parameters = {
      temperature: 0.3,
      seed: 7,
      model: "other",
      messages: [],
      stream: true,
      custom: { a: 1 },
    };
    await nested({ model_hint: "gpt-test", parameters, meta: { secret: "kept here" } });
    expect(lastBody()).toEqual({
      model: "up-gpt",
      messages: hello,
      temperature: 0.3,
      seed: 7,
      custom: { a: 1 },
    });
  });

  it("an explicit token estimate wins over the estimator", async () => {
    const { status } = await nested({ model_hint: "spare-test", estimated_input_tokens: 9_000 });
    expect(status).toBe(400);
    expect((await nested({ model_hint: "spare-test" })).status).toBe(200);
  });

  it("a stream is the OpenAI chat stream, with the decision in its headers", async () => {
    const response = await fetch(`${network.url}/v1/chat`, {
      method: "POST",
      headers: { "content-type": "application/json", authorization: `Bearer ${network.apiKey}` },
      body: JSON.stringify({ request: { messages: hello, model_hint: "claude-test", stream: true } }),
    });
    expect(response.headers.get("content-type")).toContain("text/event-stream");
    expect(response.headers.get("x-tokenhub-model")).toBe("claude-test");
    const text = await response.text();
    expect(text).toContain('"object":"chat.completion.chunk"');
    expect(text.trimEnd().endsWith("data: [DONE]")).toBe(true);
  });

  it.each([
    [{ max_budget_usd: 100 }, 200],
    [{ max_budget_usd: 100.01 }, 400],
    [{ max_latency_ms: 300_000 }, 200],
    [{ max_latency_ms: 300_001 }, 400],
    [{ min_weight: 11 }, 400],
    [{ min_weight: 0.5 }, 200],
    [{ min_weight: -1 }, 400],
    [{ mode: "bogus" }, 400],
    [{ mode: "high_confidence" }, 200],
    [{ mode: "thompson" }, 200],
    [{ unknown: 1 }, 400],
    ["cheap", 400],
  ])("the policy %j is answered with %i", async (policy, expected) => {
    const { status, json } = await nested({}, { policy });
    expect(status).toBe(
      typeof policy === "object" && "min_weight" in policy && policy.min_weight === 11 ? 200 : expected,
    );
    if (status !== 200)
      expect(json["error"]).toMatchObject({
        code: "invalid_request",
        request_id: expect.any(String) as string,
      });
  });
});

it("D1: both shapes at once, or neither, are refused in the native error shape with both shapes named", async () => {
  for (const body of [{}, { messages: hello, request: { messages: hello } }]) {
    const { status, json } = await chat(body);
    expect(status).toBe(400);
    expect(json["error"]).toMatchObject({ code: "invalid_request" });
    expect(JSON.stringify(json)).toMatch(/messages.*request.*policy/);
  }
});

it("S4-36: a cost limit can be sent on the OpenAI and Anthropic doors, in the body and as a header", async () => {
  const ask = (path: string, body: object, headers: Record<string, string> = {}) =>
    postJson(network, path, { body: { messages: hello, ...body }, headers });
  const byBody = await ask("/v1/chat/completions", { tokenhub: { max_cost: 0.0015 } });
  const byHeader = await ask("/v1/chat/completions", {}, { "x-tokenhub-max-cost": "0.0015" });
  const anthropic = await ask("/v1/messages", { max_tokens: 5, tokenhub: { max_cost: 0.0015 } });
  const models = [byBody, byHeader, anthropic].map(({ headers }) => headers.get("x-tokenhub-model"));
  expect(models).toEqual(["spare-test", "spare-test", "spare-test"]);
});
