import type { ChatCompletionMessageParam, ChatCompletionTool } from "openai/resources/chat/completions";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { compose, type MockLlm } from "../../compose.ts";
import { collect, openAiClient } from "../../testing/clients.ts";

const user = (content: string): ChatCompletionMessageParam[] => [{ role: "user", content }];
const weatherTool: ChatCompletionTool = {
  type: "function",
  function: {
    name: "get_weather",
    parameters: {
      type: "object",
      properties: {
        city: { type: "string", enum: ["Paris", "Rome"] },
        days: { type: "integer", minimum: 3 },
      },
      required: ["city", "days"],
    },
  },
};
const noteTool: ChatCompletionTool = { type: "function", function: { name: "take_note" } };

describe("chat completions with the official client", () => {
  let mock: MockLlm;
  beforeAll(async () => {
    mock = await compose({ port: 0 });
  });
  afterAll(() => mock[Symbol.asyncDispose]());

  it("echoes the model and the last user text, with usage counted from the text", async () => {
    const answer = await openAiClient(mock).chat.completions.create({
      model: "org/model-1",
      messages: [{ role: "system", content: "Be nice." }, ...user("Hello there")],
    });
    expect(answer.choices[0]?.message.content).toBe("Mock answer from org/model-1: Hello there");
    expect(answer.choices[0]?.finish_reason).toBe("stop");
    expect(answer.model).toBe("org/model-1");
    expect(answer.usage).toMatchObject({ prompt_tokens: 4, completion_tokens: 6, total_tokens: 10 });
  });

  it("echoes at most 200 characters and reads the text of content parts", async () => {
    const answer = await openAiClient(mock).chat.completions.create({
      model: "m",
      messages: [{ role: "user", content: [{ type: "text", text: "x".repeat(500) }] }],
    });
    expect(answer.choices[0]?.message.content).toBe(`Mock answer from m: ${"x".repeat(200)}`);
    expect(answer.usage?.prompt_tokens).toBe(125);
  });

  it("works without the /v1 prefix too", async () => {
    const client = openAiClient(mock).withOptions({ baseURL: mock.url });
    const answer = await client.chat.completions.create({ model: "m", messages: user("Hi") });
    expect(answer.choices[0]?.message.content).toBe("Mock answer from m: Hi");
  });

  it("streams one word per chunk and joins to the same text as the plain answer", async () => {
    const stream = await openAiClient(mock).chat.completions.create({
      model: "m",
      messages: user("one two"),
      stream: true,
    });
    const chunks = await collect(stream);
    const words = chunks.flatMap((chunk) => chunk.choices[0]?.delta.content || []);
    expect(words).toEqual(["Mock", " answer", " from", " m:", " one", " two"]);
    expect(chunks.at(-1)?.choices[0]?.finish_reason).toBe("stop");
    expect(chunks.every((chunk) => chunk.usage === undefined)).toBe(true);
    expect(new Set(chunks.map((chunk) => chunk.id)).size).toBe(1);
  });

  it("ends a stream with a usage chunk when include_usage asks for it", async () => {
    const stream = await openAiClient(mock).chat.completions.create({
      model: "m",
      messages: user("one two"),
      stream: true,
      stream_options: { include_usage: true },
    });
    const chunks = await collect(stream);
    expect(chunks.at(-1)).toMatchObject({ choices: [], usage: { prompt_tokens: 1, completion_tokens: 6 } });
    expect(chunks.slice(0, -1).every((chunk) => chunk.usage === null)).toBe(true);
  });

  it("calls the planned tools on the user's turn and answers in text after the results", async () => {
    mock.plan("tools", {
      toolCalls: ["get_weather", { name: "take_note", arguments: { text: "sunny" } }],
    });
    const client = openAiClient(mock);
    const tools = [weatherTool, noteTool];
    const first = await client.chat.completions.create({ model: "tools", messages: user("Weather?"), tools });
    const message = first.choices[0]?.message;
    expect(first.choices[0]?.finish_reason).toBe("tool_calls");
    expect(message?.content).toBeNull();
    expect(message?.tool_calls).toMatchObject([
      { type: "function", function: { name: "get_weather", arguments: '{"city":"Paris","days":3}' } },
      { type: "function", function: { name: "take_note", arguments: '{"text":"sunny"}' } },
    ]);
    const ids = message?.tool_calls?.map((call) => call.id) ?? [];
    expect(new Set(ids).size).toBe(2);

    const second = await client.chat.completions.create({
      model: "tools",
      messages: [
        ...user("Weather?"),
        ...(message === undefined ? [] : [message]),
        ...ids.map((id) => ({ role: "tool" as const, tool_call_id: id, content: "22 degrees" })),
      ],
      tools,
    });
    expect(second.choices[0]?.message.content).toBe("Mock answer from tools: Weather?");
    expect(second.choices[0]?.message.tool_calls).toBeUndefined();
  });

  it("streams tool calls whose argument pieces the client's helper puts together", async () => {
    mock.plan("tools-stream", { toolCalls: ["get_weather", "take_note"] });
    const runner = openAiClient(mock).chat.completions.stream({
      model: "tools-stream",
      messages: user("Weather?"),
      tools: [weatherTool, noteTool],
    });
    const final = await runner.finalChatCompletion();
    expect(final.choices[0]?.message.content).toBeNull();
    expect(final.choices[0]?.finish_reason).toBe("tool_calls");
    expect(final.choices[0]?.message.tool_calls).toMatchObject([
      { function: { name: "get_weather", arguments: '{"city":"Paris","days":3}' } },
      { function: { name: "take_note", arguments: "{}" } },
    ]);
  });

  it.each([
    { tool_choice: "required" as const, called: ["get_weather"] },
    { tool_choice: { type: "function" as const, function: { name: "take_note" } }, called: ["take_note"] },
    { tool_choice: "none" as const, called: [] },
    { tool_choice: "auto" as const, called: [] },
  ])("obeys tool_choice $tool_choice without a plan", async ({ tool_choice, called }) => {
    const answer = await openAiClient(mock).chat.completions.create({
      model: "m",
      messages: user("Hi"),
      tools: [weatherTool, noteTool],
      tool_choice,
    });
    const calls = answer.choices[0]?.message.tool_calls ?? [];
    expect(calls.map((call) => (call.type === "function" ? call.function.name : null))).toEqual(called);
  });

  it("answers a json_schema request with JSON that fits, streamed or not", async () => {
    const schema = {
      type: "object",
      properties: {
        name: { type: "string" },
        scores: { type: "array", items: { type: "number" }, minItems: 2 },
      },
      required: ["name", "scores"],
      additionalProperties: false,
    };
    const request = {
      model: "m",
      messages: user("Hi"),
      response_format: { type: "json_schema" as const, json_schema: { name: "thing", schema, strict: true } },
    };
    const client = openAiClient(mock);
    const whole = await client.chat.completions.create(request);
    const expected = { name: "mock", scores: [1, 1] };
    expect(JSON.parse(whole.choices[0]?.message.content ?? "")).toEqual(expected);
    const streamed = await client.chat.completions.stream(request).finalContent();
    expect(JSON.parse(streamed ?? "")).toEqual(expected);
  });

  it("answers a json_object request with a JSON object", async () => {
    const answer = await openAiClient(mock).chat.completions.create({
      model: "m",
      messages: user("Hi"),
      response_format: { type: "json_object" },
    });
    expect(JSON.parse(answer.choices[0]?.message.content ?? "")).toEqual({
      answer: "Mock answer from m: Hi",
    });
  });

  it("gives n answers, side by side in a stream", async () => {
    const client = openAiClient(mock);
    const request = { model: "m", messages: user("Hi"), n: 3 };
    const whole = await client.chat.completions.create(request);
    expect(whole.choices.map((choice) => choice.index)).toEqual([0, 1, 2]);
    expect(whole.usage?.completion_tokens).toBe(15);
    const streamed = await client.chat.completions.stream(request).finalChatCompletion();
    expect(streamed.choices.map((choice) => choice.message.content)).toEqual(
      Array.from({ length: 3 }, () => "Mock answer from m: Hi"),
    );
  });

  it("sends planned reasoning as reasoning_content and counts it", async () => {
    mock.plan("thinker", { reasoning: "Let me see.", text: "Done." });
    const client = openAiClient(mock);
    const whole = await client.chat.completions.create({ model: "thinker", messages: user("Hi") });
    expect(whole.choices[0]?.message).toMatchObject({ reasoning_content: "Let me see.", content: "Done." });
    expect(whole.usage?.completion_tokens_details?.reasoning_tokens).toBe(3);
    expect(whole.usage?.completion_tokens).toBe(4);
    const stream = await client.chat.completions.create({
      model: "thinker",
      messages: user("Hi"),
      stream: true,
    });
    const deltas = (await collect(stream)).map((chunk) => chunk.choices[0]?.delta);
    const reasoning = deltas.map((delta) =>
      delta !== undefined && "reasoning_content" in delta ? delta.reasoning_content : "",
    );
    expect(reasoning.join("")).toBe("Let me see.");
  });

  it("reports the planned usage, and none at all when the plan says null", async () => {
    mock.plan("counted", {
      usage: { inputTokens: 100, outputTokens: 20, cacheReadTokens: 64, reasoningTokens: 8 },
    });
    mock.plan("uncounted", { usage: null });
    const client = openAiClient(mock);
    const counted = await client.chat.completions.create({ model: "counted", messages: user("Hi") });
    expect(counted.usage).toMatchObject({
      prompt_tokens: 100,
      completion_tokens: 20,
      total_tokens: 120,
      prompt_tokens_details: { cached_tokens: 64 },
      completion_tokens_details: { reasoning_tokens: 8 },
    });
    const uncounted = await client.chat.completions.create({ model: "uncounted", messages: user("Hi") });
    expect(uncounted.usage).toBeUndefined();
  });

  it("has exactly the planned number of tokens and stops at max_tokens with finish_reason length", async () => {
    mock.plan("sized", { tokens: 40 });
    const client = openAiClient(mock);
    const request = { model: "sized", messages: user("Hi"), stream: true as const };
    const all = await collect(await client.chat.completions.create(request));
    expect(all.filter((chunk) => chunk.choices[0]?.delta.content)).toHaveLength(40);
    const cut = await client.chat.completions.create({ ...request, stream: false, max_tokens: 7 });
    expect(cut.usage?.completion_tokens).toBe(7);
    expect(cut.choices[0]?.finish_reason).toBe("length");
    expect(cut.choices[0]?.message.content?.split(" ")).toHaveLength(7);
  });

  it("sends the planned finish reason and headers", async () => {
    mock.plan("filtered", { finishReason: "content_filter", headers: { "x-extra": "yes" } });
    const { data, response } = await openAiClient(mock)
      .chat.completions.create({ model: "filtered", messages: user("Hi") })
      .withResponse();
    expect(data.choices[0]?.finish_reason).toBe("content_filter");
    expect(response.headers.get("x-extra")).toBe("yes");
    expect(response.headers.get("x-request-id")).toMatch(/^req_/);
  });

  it("refuses a request without model or messages with OpenAI's error shape", async () => {
    const client = openAiClient(mock);
    await expect(client.chat.completions.create({ model: "", messages: user("Hi") })).rejects.toMatchObject({
      status: 400,
      type: "invalid_request_error",
      param: "model",
    });
    await expect(client.chat.completions.create({ model: "m", messages: [] })).rejects.toMatchObject({
      status: 400,
      param: "messages",
    });
  });

  it("takes the model from an Azure deployment path", async () => {
    const answer = await fetch(
      `${mock.url}/openai/deployments/my-gpt/chat/completions?api-version=2024-10-21`,
      {
        method: "POST",
        headers: { "api-key": "k" },
        body: JSON.stringify({ messages: user("Hi") }),
      },
    );
    expect(await answer.json()).toMatchObject({ model: "my-gpt" });
  });
});
