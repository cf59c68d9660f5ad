import { APIError as AnthropicError } from "@anthropic-ai/sdk";
import { APIError } from "openai";
import { describe, expect, it } from "vitest";
import { compose } from "../compose.ts";
import { anthropicClient, openAiClient } from "../testing/clients.ts";

const chatRequest = { model: "m", messages: [{ role: "user" as const, content: "Hi" }] };
const messagesRequest = { ...chatRequest, max_tokens: 100 };

describe("rate limits", () => {
  it("tells OpenAI's client the limits on every answer and refuses with Retry-After when they are used up", async () => {
    let nowMs = 1_000_000;
    await using mock = await compose({ port: 0 }, { now: () => nowMs });
    mock.plan("m", { rateLimit: { requestsPerMinute: 2, tokensPerMinute: 60_000 } });
    const client = openAiClient(mock);
    const { response } = await client.chat.completions.create(chatRequest).withResponse();
    expect(
      Object.fromEntries([...response.headers].filter(([name]) => name.startsWith("x-ratelimit"))),
    ).toEqual({
      "x-ratelimit-limit-requests": "2",
      "x-ratelimit-remaining-requests": "1",
      "x-ratelimit-reset-requests": "30s",
      "x-ratelimit-limit-tokens": "60000",
      "x-ratelimit-remaining-tokens": "59995",
      "x-ratelimit-reset-tokens": "5ms",
    });
    await client.chat.completions.create(chatRequest);
    const refused = await client.chat.completions.create(chatRequest).catch((error: unknown) => error);
    expect(refused).toMatchObject({ status: 429, code: "rate_limit_exceeded", type: "requests" });
    const headers = refused instanceof APIError ? refused.headers : null;
    expect(headers?.get("retry-after")).toBe("30");
    expect(headers?.get("retry-after-ms")).toBe("30000");
    expect(headers?.get("x-ratelimit-remaining-requests")).toBe("0");
    expect(headers?.get("x-ratelimit-reset-requests")).toBe("1m0s");
    nowMs += 30_000;
    await expect(client.chat.completions.create(chatRequest)).resolves.toBeDefined();
  });

  it("tells Anthropic's client the limits and when they are full again", async () => {
    await using mock = await compose({ port: 0 }, { now: () => Date.parse("2026-03-01T12:00:00Z") });
    mock.plan("m", { rateLimit: { requestsPerMinute: 1, tokensPerMinute: 600 } });
    const client = anthropicClient(mock);
    const { response } = await client.messages.create(messagesRequest).withResponse();
    expect(response.headers.get("anthropic-ratelimit-requests-limit")).toBe("1");
    expect(response.headers.get("anthropic-ratelimit-requests-remaining")).toBe("0");
    expect(response.headers.get("anthropic-ratelimit-requests-reset")).toBe("2026-03-01T12:01:00Z");
    expect(response.headers.get("anthropic-ratelimit-tokens-limit")).toBe("600");
    expect(response.headers.get("anthropic-ratelimit-tokens-remaining")).toBe("595");
    expect(response.headers.get("anthropic-ratelimit-tokens-reset")).toBe("2026-03-01T12:00:01Z");
    const refused = await client.messages.create(messagesRequest).catch((error: unknown) => error);
    expect(refused).toMatchObject({ status: 429, type: "rate_limit_error" });
    expect(refused instanceof AnthropicError ? refused.headers?.get("retry-after") : null).toBe("60");
  });

  it("counts tokens apart from requests, and each model by itself under the default plan", async () => {
    await using mock = await compose({ port: 0 }, { now: () => 0 });
    mock.plan("*", { rateLimit: { tokensPerMinute: 9 } });
    const client = openAiClient(mock);
    await client.chat.completions.create(chatRequest);
    await expect(client.chat.completions.create(chatRequest)).rejects.toMatchObject({
      status: 429,
      type: "tokens",
    });
    await expect(client.chat.completions.create({ ...chatRequest, model: "other" })).resolves.toBeDefined();
  });

  it("does not use up a step for a refused call", async () => {
    await using mock = await compose({ port: 0 }, { now: () => 0 });
    mock.plan("m", {
      rateLimit: { requestsPerMinute: 1 },
      steps: [{ ok: true }, { kind: "status", status: 503 }],
    });
    const client = openAiClient(mock);
    await client.chat.completions.create(chatRequest);
    await expect(client.chat.completions.create(chatRequest)).rejects.toMatchObject({ status: 429 });
    mock.plan("m", { steps: [{ kind: "status", status: 503 }] });
    await expect(client.chat.completions.create(chatRequest)).rejects.toMatchObject({ status: 503 });
  });
});

describe("keys", () => {
  it("refuses any key but the required one, in both ways of sending it", async () => {
    await using mock = await compose({ port: 0 });
    mock.plan("m", { requireKey: "right" });
    const right = { apiKey: "right" };
    await expect(openAiClient(mock).chat.completions.create(chatRequest)).rejects.toMatchObject({
      status: 401,
      code: "invalid_api_key",
    });
    await expect(
      openAiClient(mock).withOptions(right).chat.completions.create(chatRequest),
    ).resolves.toBeDefined();
    await expect(anthropicClient(mock).messages.create(messagesRequest)).rejects.toMatchObject({
      status: 401,
      type: "authentication_error",
    });
    const header = { headers: { "x-api-key": "right" } };
    await expect(anthropicClient(mock).messages.create(messagesRequest, header)).resolves.toBeDefined();
  });
});
