import { APIConnectionError as AnthropicConnectionError } from "@anthropic-ai/sdk";
import { APIConnectionError, APIError } from "openai";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { compose, type MockLlm, type Step } from "../compose.ts";
import { anthropicClient, collect, failureOf, openAiClient } from "../testing/clients.ts";

let mock: MockLlm;
let model: string;
let count = 0;

beforeAll(async () => {
  mock = await compose({ port: 0 });
});
afterAll(() => mock[Symbol.asyncDispose]());
beforeEach(() => {
  count += 1;
  model = `model-${count}`;
});

function planSteps(...steps: Step[]): void {
  mock.plan(model, { steps });
}

function chat(): Promise<{ readonly content: string | null | undefined }> {
  return openAiClient(mock)
    .chat.completions.create({ model, messages: [{ role: "user", content: "Hi" }] })
    .then((answer) => ({ content: answer.choices[0]?.message.content }));
}

async function chatStream(): Promise<{ readonly words: string[]; readonly error: unknown }> {
  const words: string[] = [];
  try {
    const request = { model, messages: [{ role: "user" as const, content: "Hi" }], stream: true as const };
    for await (const chunk of await openAiClient(mock).chat.completions.create(request)) {
      const word = chunk.choices[0]?.delta.content;
      if (word) words.push(word);
    }
    return { words, error: null };
  } catch (error) {
    return { words, error };
  }
}

const messagesRequest = (): {
  model: string;
  max_tokens: number;
  messages: { role: "user"; content: string }[];
} => ({
  model,
  max_tokens: 100,
  messages: [{ role: "user", content: "Hi" }],
});

function message(): Promise<unknown> {
  return anthropicClient(mock).messages.create(messagesRequest());
}

async function messageStream(): Promise<{ readonly words: string[]; readonly error: unknown }> {
  const words: string[] = [];
  try {
    for await (const event of await anthropicClient(mock).messages.create({
      ...messagesRequest(),
      stream: true,
    })) {
      if (event.type === "content_block_delta" && event.delta.type === "text_delta")
        words.push(event.delta.text);
    }
    return { words, error: null };
  } catch (error) {
    return { words, error };
  }
}

function lastCall(): ReturnType<MockLlm["calls"]>[number] | undefined {
  return mock.calls().findLast((call) => call.model === model);
}

function settledCall(): ReturnType<MockLlm["waitForCall"]> {
  return mock.waitForCall((call) => call.model === model && call.finishedAtMs !== null, 5_000);
}

describe("status steps", () => {
  it.each([
    {
      step: { status: 400 },
      openAi: { type: "invalid_request_error", code: null },
      anthropic: "invalid_request_error",
    },
    { step: { status: 401 }, openAi: { code: "invalid_api_key" }, anthropic: "authentication_error" },
    { step: { status: 402 }, openAi: { code: "insufficient_quota" }, anthropic: "billing_error" },
    { step: { status: 403 }, openAi: { type: "permission_error" }, anthropic: "permission_error" },
    { step: { status: 429 }, openAi: { code: "rate_limit_exceeded" }, anthropic: "rate_limit_error" },
    {
      step: { status: 429, code: "insufficient_quota" },
      openAi: { code: "insufficient_quota", type: "insufficient_quota" },
      anthropic: "rate_limit_error",
    },
    { step: { status: 500 }, openAi: { type: "server_error" }, anthropic: "api_error" },
    { step: { status: 503 }, openAi: { type: "server_error" }, anthropic: "api_error" },
    { step: { status: 529 }, openAi: { type: "server_error" }, anthropic: "overloaded_error" },
  ])(
    "$step reaches both clients with its status and its provider's words",
    async ({ step, openAi, anthropic }) => {
      const status = { kind: "status" as const, ...step };
      planSteps(status, status, status, status);
      await expect(chat()).rejects.toMatchObject({ status: step.status, ...openAi });
      expect((await chatStream()).error).toMatchObject({ status: step.status, ...openAi });
      await expect(message()).rejects.toMatchObject({ status: step.status, type: anthropic });
      expect((await messageStream()).error).toMatchObject({ status: step.status, type: anthropic });
      expect(lastCall()).toMatchObject({ status: step.status, outcome: "error", completionTokensSent: 0 });
    },
  );

  it("sends the retry headers that the step asks for, and none otherwise", async () => {
    planSteps(
      { kind: "status", status: 429, retryAfterSeconds: 7, retryAfterMs: 6_500, shouldRetry: false },
      { kind: "status", status: 429 },
    );
    const told = await chat().catch((error: unknown) => (error instanceof APIError ? error.headers : null));
    expect(told?.get("retry-after")).toBe("7");
    expect(told?.get("retry-after-ms")).toBe("6500");
    expect(told?.get("x-should-retry")).toBe("false");
    const untold = await chat().catch((error: unknown) => (error instanceof APIError ? error.headers : null));
    expect(untold?.get("retry-after")).toBeNull();
    expect(untold?.get("x-should-retry")).toBeNull();
  });

  it("is retried by the official client, which then gets the ordinary answer", async () => {
    planSteps({ kind: "status", status: 503, retryAfterMs: 1 });
    const client = openAiClient(mock).withOptions({ maxRetries: 1 });
    const answer = await client.chat.completions.create({
      model,
      messages: [{ role: "user", content: "Hi" }],
    });
    expect(answer.choices[0]?.message.content).toBe(`Mock answer from ${model}: Hi`);
    expect(
      mock
        .calls()
        .filter((call) => call.model === model)
        .map((call) => call.status),
    ).toEqual([503, 200]);
  });
});

describe("the order of steps", () => {
  it("takes one step per call, lets ok steps succeed, and is ordinary afterwards", async () => {
    planSteps({ kind: "status", status: 500 }, { ok: true }, { kind: "status", status: 503 });
    const statuses: (number | undefined)[] = [];
    for (let call = 0; call < 4; call += 1) {
      await chat().catch(() => null);
      statuses.push(lastCall()?.status ?? undefined);
    }
    expect(statuses).toEqual([500, 200, 503, 200]);
  });

  it("repeats a step that says so for ever, until a new plan", async () => {
    planSteps({ kind: "status", status: 500, repeat: true });
    for (let call = 0; call < 3; call += 1) await expect(chat()).rejects.toMatchObject({ status: 500 });
    mock.plan(model, {});
    await expect(chat()).resolves.toBeDefined();
  });
});

describe("context overflow", () => {
  it("is said in each provider's way", async () => {
    const step: Step = { kind: "context_overflow", maximumTokens: 4_096 };
    planSteps(step, step);
    await expect(chat()).rejects.toMatchObject({
      status: 400,
      code: "context_length_exceeded",
      type: "invalid_request_error",
    });
    await expect(message()).rejects.toMatchObject({
      status: 400,
      type: "invalid_request_error",
      message: expect.stringContaining("prompt is too long: 4097 tokens > 4096 maximum"),
    });
  });
});

describe("reset", () => {
  it("cuts the connection before anything is sent", async () => {
    planSteps({ kind: "reset" }, { kind: "reset" });
    await expect(chat()).rejects.toBeInstanceOf(APIConnectionError);
    expect(lastCall()).toMatchObject({ outcome: "reset", status: null });
    await expect(message()).rejects.toBeInstanceOf(AnthropicConnectionError);
  });

  it("cuts a stream after exactly the planned tokens", async () => {
    const step: Step = { kind: "reset", afterTokens: 3 };
    planSteps(step, step);
    const openAi = await chatStream();
    expect(openAi.words).toEqual(["Mock", " answer", " from"]);
    expect(openAi.error).not.toBeNull();
    expect(lastCall()).toMatchObject({ outcome: "reset", completionTokensSent: 3, status: 200 });
    const anthropic = await messageStream();
    expect(anthropic.words).toEqual(["Mock", " answer", " from"]);
    expect(anthropic.error).not.toBeNull();
  });

  it("cuts a plain answer in the middle of its JSON", async () => {
    planSteps({ kind: "reset", afterTokens: 1 });
    expect(await failureOf(chat())).toBeInstanceOf(Error);
    expect(lastCall()).toMatchObject({ outcome: "reset", status: 200 });
  });
});

describe("broken answers", () => {
  it("malformed_json breaks off the JSON, and a data line of a stream after some tokens", async () => {
    planSteps(
      { kind: "malformed_json" },
      { kind: "malformed_json", afterTokens: 2 },
      { kind: "malformed_json" },
    );
    expect(await failureOf(chat())).toBeInstanceOf(SyntaxError);
    const stream = await chatStream();
    expect(stream.words).toEqual(["Mock", " answer"]);
    expect(stream.error).toBeInstanceOf(SyntaxError);
    const events = await messageStream();
    expect(events.words).toEqual(["Mock"]);
    expect(events.error).toBeInstanceOf(SyntaxError);
    expect(lastCall()?.outcome).toBe("error");
  });

  it("wrong_content_type is a 200 with an HTML page", async () => {
    planSteps({ kind: "wrong_content_type" });
    const answer = await rawChat();
    expect(answer.status).toBe(200);
    expect(answer.headers.get("content-type")).toBe("text/html");
    expect(await answer.text()).toContain("<html>");
  });

  it("empty is a 200 without a body", async () => {
    planSteps({ kind: "empty" }, { kind: "empty" });
    const answer = await rawChat();
    expect(answer.status).toBe(200);
    expect(await answer.text()).toBe("");
    expect(await chatStream()).toEqual({ words: [], error: null });
  });

  it("error_in_200 puts an error object into a 200", async () => {
    planSteps({ kind: "error_in_200", message: "inside" });
    const answer = await rawChat();
    expect(answer.status).toBe(200);
    expect(await answer.json()).toMatchObject({ error: { message: "inside", type: "server_error" } });
    expect(lastCall()?.outcome).toBe("error");
  });

  it("error_in_200 becomes an error event in a stream, after the planned tokens", async () => {
    const step: Step = { kind: "error_in_200", afterTokens: 2, code: "server_busy" };
    planSteps(step, { kind: "error_in_200", afterTokens: 2 }, step);
    const openAi = await chatStream();
    expect(openAi.words).toEqual(["Mock", " answer"]);
    expect(openAi.error).toMatchObject({ code: "server_busy" });
    const anthropic = await messageStream();
    expect(anthropic.words).toEqual(["Mock", " answer"]);
    expect(anthropic.error).toMatchObject({ type: "overloaded_error" });
    const events = await collect(
      await openAiClient(mock).responses.create({ model, input: "Hi", stream: true }),
    ).catch((error: unknown) => error);
    expect(events).toMatchObject({ code: "server_busy" });
  });

  it("stream_ends_early ends cleanly after the planned tokens, without the terminal event", async () => {
    planSteps(
      { kind: "stream_ends_early", afterTokens: 2 },
      { kind: "stream_ends_early", afterTokens: 1_000 },
    );
    const answer = await rawChat({ stream: true });
    const text = await answer.text();
    expect(text.match(/"content":"[^"]/g)).toHaveLength(2);
    expect(text).not.toContain("[DONE]");
    const whole = await (await rawChat({ stream: true })).text();
    expect(whole).toContain('" Hi"');
    expect(whole).not.toContain('"finish_reason":"stop"');
  });

  it("huge has an answer of exactly the planned size", async () => {
    planSteps({ kind: "huge", bytes: 3_000_001 }, { kind: "huge", bytes: 3_000_001 });
    expect((await chat()).content).toHaveLength(3_000_001);
    expect((await chatStream()).words.join("")).toHaveLength(3_000_001);
  });
});

describe("calls that do not end", () => {
  it("hang is silent until the client goes away, and says so in the record", async () => {
    planSteps({ kind: "hang" });
    const abort = new AbortController();
    const answer = rawChat({ signal: abort.signal });
    const rejected = failureOf(answer);
    const call = await mock.waitForCall((each) => each.model === model && each.outcome === "hanging", 5_000);
    expect(call).toMatchObject({ status: null, finishedAtMs: null });
    abort.abort();
    expect(await rejected).toMatchObject({ name: "AbortError" });
    expect(await settledCall()).toMatchObject({ outcome: "aborted_by_client" });
  });

  it("hang after some tokens stalls a stream", async () => {
    planSteps({ kind: "hang", afterTokens: 2 });
    const abort = new AbortController();
    const answer = await rawChat({ stream: true, signal: abort.signal });
    const call = await mock.waitForCall((each) => each.model === model && each.outcome === "hanging", 5_000);
    expect(call).toMatchObject({ status: 200, completionTokensSent: 2 });
    abort.abort();
    expect(await failureOf(answer.text())).toMatchObject({ name: "AbortError" });
    await settledCall();
  });

  it("endless_stream goes on until the client goes away, streamed or not", async () => {
    mock.plan(model, { tokensPerSecond: 100_000, steps: [{ kind: "endless_stream", repeat: true }] });
    const words: string[] = [];
    const stream = await openAiClient(mock).chat.completions.create({
      model,
      messages: [{ role: "user", content: "Hi" }],
      stream: true,
    });
    for await (const chunk of stream) if (words.push(chunk.choices[0]?.delta.content ?? "") > 5_000) break;
    expect(await settledCall()).toMatchObject({ outcome: "aborted_by_client" });

    const answer = await rawChat();
    let bytes = 0;
    for await (const piece of answer.body ?? []) if ((bytes += piece.length) > 20_000) break;
    expect(bytes).toBeGreaterThan(20_000);
  });
});

describe("timing", () => {
  it("a slow step is answered after its latency, then the plan's own is back", async () => {
    planSteps({ kind: "slow", latencyMs: 120 });
    const startedAt = performance.now();
    await chat();
    expect(performance.now() - startedAt).toBeGreaterThanOrEqual(119);
    expect(lastCall()?.outcome).toBe("answered");
  });

  it("paces a stream: the first token when planned, the others at the planned speed", async () => {
    mock.plan(model, { timeToFirstTokenMs: 60, tokensPerSecond: 100, tokens: 11 });
    const startedAt = performance.now();
    let firstAfterMs = 0;
    const request = { model, messages: [{ role: "user" as const, content: "Hi" }], stream: true as const };
    for await (const chunk of await openAiClient(mock).chat.completions.create(request)) {
      if (chunk.choices[0]?.delta.content && firstAfterMs === 0) firstAfterMs = performance.now() - startedAt;
    }
    expect(firstAfterMs).toBeGreaterThanOrEqual(59);
    expect(performance.now() - startedAt).toBeGreaterThanOrEqual(159);
  });

  it("sleeps real time also when the mock's clock stands still", async () => {
    await using frozen = await compose({ port: 0 }, { now: () => 0 });
    frozen.plan("m", { latencyMs: 40, tokensPerSecond: 1_000 });
    const startedAt = performance.now();
    await openAiClient(frozen).chat.completions.create({
      model: "m",
      messages: [{ role: "user", content: "Hi" }],
    });
    expect(performance.now() - startedAt).toBeGreaterThanOrEqual(43);
  });

  it("lets a plain answer take as long as its stream would", async () => {
    mock.plan(model, { latencyMs: 20, tokensPerSecond: 100, tokens: 11 });
    const startedAt = performance.now();
    await chat();
    expect(performance.now() - startedAt).toBeGreaterThanOrEqual(119);
  });
});

function rawChat(
  options: { readonly stream?: boolean; readonly signal?: AbortSignal } = {},
): Promise<Response> {
  const { stream = false, signal = null } = options;
  return fetch(`${mock.url}/v1/chat/completions`, {
    method: "POST",
    body: JSON.stringify({ model, stream, messages: [{ role: "user", content: "Hi" }] }),
    signal,
  });
}
