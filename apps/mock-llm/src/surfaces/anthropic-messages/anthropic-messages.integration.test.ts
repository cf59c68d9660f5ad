import type { MessageParam, Tool } from "@anthropic-ai/sdk/resources/messages";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { compose, type MockLlm } from "../../compose.ts";
import { anthropicClient, collect } from "../../testing/clients.ts";

const user = (content: string): MessageParam[] => [{ role: "user", content }];
const weatherTool: Tool = {
  name: "get_weather",
  input_schema: { type: "object", properties: { city: { type: "string" } }, required: ["city"] },
};

describe("messages with the official client", () => {
  let mock: MockLlm;
  beforeAll(async () => {
    mock = await compose({ port: 0 });
  });
  afterAll(() => mock[Symbol.asyncDispose]());

  it("echoes the model and the last user text, with usage counted from the text", async () => {
    const message = await anthropicClient(mock).messages.create({
      model: "claude-x",
      max_tokens: 100,
      system: "Be nice.",
      messages: user("Hello there"),
    });
    expect(message.content).toEqual([
      { type: "text", text: "Mock answer from claude-x: Hello there", citations: null },
    ]);
    expect(message.stop_reason).toBe("end_turn");
    expect(message.usage).toMatchObject({ input_tokens: 4, output_tokens: 6 });
  });

  it("streams the events in the order of the API, with a ping", async () => {
    const response = await anthropicClient(mock)
      .messages.create({ model: "m", max_tokens: 100, messages: user("Hi"), stream: true })
      .asResponse();
    const text = await response.text();
    const names = [...text.matchAll(/^event: (.+)$/gm)].map((match) => match[1]);
    expect(names).toEqual([
      "message_start",
      "content_block_start",
      "ping",
      ...Array.from({ length: 5 }, () => "content_block_delta"),
      "content_block_stop",
      "message_delta",
      "message_stop",
    ]);
  });

  it("gives the client's stream helper the same message as a plain call", async () => {
    const client = anthropicClient(mock);
    const request = { model: "m", max_tokens: 100, messages: user("Hi there") };
    const streamed = await client.messages.stream(request).finalMessage();
    const whole = await client.messages.create(request);
    expect({ ...streamed, id: "" }).toMatchObject({ ...whole, id: "" });
  });

  it("calls planned tools, streamed as input_json_delta, and answers after their results", async () => {
    mock.plan("tools", { toolCalls: ["get_weather"] });
    const client = anthropicClient(mock);
    const request = { model: "tools", max_tokens: 100, tools: [weatherTool] };
    const events = await collect(
      await client.messages.create({ ...request, messages: user("Weather?"), stream: true }),
    );
    const pieces = events.flatMap((event) =>
      event.type === "content_block_delta" && event.delta.type === "input_json_delta"
        ? [event.delta.partial_json]
        : [],
    );
    expect(pieces.length).toBeGreaterThan(1);
    expect(JSON.parse(pieces.join(""))).toEqual({ city: "mock" });

    const first = await client.messages.create({ ...request, messages: user("Weather?") });
    expect(first.stop_reason).toBe("tool_use");
    const [call] = first.content;
    expect(call).toMatchObject({ type: "tool_use", name: "get_weather", input: { city: "mock" } });
    const second = await client.messages.create({
      ...request,
      messages: [
        ...user("Weather?"),
        { role: "assistant", content: [{ type: "tool_use", id: "toolu_1", name: "get_weather", input: {} }] },
        { role: "user", content: [{ type: "tool_result", tool_use_id: "toolu_1", content: "22 degrees" }] },
      ],
    });
    expect(second.stop_reason).toBe("end_turn");
    expect(second.content[0]).toMatchObject({ text: "Mock answer from tools: Weather?" });
  });

  it.each([
    { choice: { type: "any" as const }, reason: "tool_use" },
    { choice: { type: "tool" as const, name: "get_weather" }, reason: "tool_use" },
    { choice: { type: "none" as const }, reason: "end_turn" },
  ])("obeys tool_choice $choice.type without a plan", async ({ choice, reason }) => {
    const message = await anthropicClient(mock).messages.create({
      model: "m",
      max_tokens: 100,
      messages: user("Hi"),
      tools: [weatherTool],
      tool_choice: choice,
    });
    expect(message.stop_reason).toBe(reason);
  });

  it("puts planned text before tool calls", async () => {
    mock.plan("mixed", { text: "Let me look.", toolCalls: ["get_weather"] });
    const message = await anthropicClient(mock)
      .messages.stream({ model: "mixed", max_tokens: 100, messages: user("Hi"), tools: [weatherTool] })
      .finalMessage();
    expect(message.content.map((block) => block.type)).toEqual(["text", "tool_use"]);
  });

  it("thinks with a signature when the request enables it or the plan says so", async () => {
    const client = anthropicClient(mock);
    mock.plan("thinker", { reasoning: "Let me see." });
    const planned = await client.messages
      .stream({ model: "thinker", max_tokens: 100, messages: user("Hi") })
      .finalMessage();
    expect(planned.content.map((block) => block.type)).toEqual(["thinking", "text"]);
    expect(planned.content[0]).toMatchObject({ thinking: "Let me see." });
    const asked = await client.messages.create({
      model: "m",
      max_tokens: 5_000,
      messages: user("Hi"),
      thinking: { type: "enabled", budget_tokens: 1_024 },
    });
    const [block] = asked.content;
    expect(block?.type === "thinking" && block.signature.length > 0).toBe(true);
    expect(asked.usage.output_tokens_details?.thinking_tokens).toBeGreaterThan(0);
  });

  it.each([
    ["length", "max_tokens"],
    ["content_filter", "refusal"],
    ["pause", "pause_turn"],
    ["context_window", "model_context_window_exceeded"],
    ["stop_sequence", "stop_sequence"],
    ["something_new", "something_new"],
  ])("says the planned finish reason %s as %s", async (finishReason, stopReason) => {
    mock.plan("reasons", { finishReason });
    const message = await anthropicClient(mock).messages.create({
      model: "reasons",
      max_tokens: 100,
      stop_sequences: ["END"],
      messages: user("Hi"),
    });
    expect(message.stop_reason).toBe(stopReason);
    expect(message.stop_sequence).toBe(finishReason === "stop_sequence" ? "END" : null);
  });

  it("splits the planned input into cached and uncached tokens", async () => {
    mock.plan("cached", {
      usage: { inputTokens: 100, cacheReadTokens: 60, cacheWriteTokens: 30, outputTokens: 9 },
    });
    const client = anthropicClient(mock);
    const request = { model: "cached", max_tokens: 100, messages: user("Hi") };
    const expected = {
      input_tokens: 10,
      cache_read_input_tokens: 60,
      cache_creation_input_tokens: 30,
      output_tokens: 9,
    };
    expect((await client.messages.create(request)).usage).toMatchObject(expected);
    expect((await client.messages.stream(request).finalMessage()).usage).toMatchObject(expected);
  });

  it("stops at max_tokens", async () => {
    const message = await anthropicClient(mock).messages.create({
      model: "m",
      max_tokens: 2,
      messages: user("Hi"),
    });
    expect(message).toMatchObject({ stop_reason: "max_tokens", content: [{ text: "Mock answer" }] });
  });

  it("answers output_config json_schema with JSON that fits", async () => {
    const message = await anthropicClient(mock).messages.create({
      model: "m",
      max_tokens: 100,
      messages: user("Hi"),
      output_config: {
        format: { type: "json_schema", schema: { type: "object", properties: { age: { type: "integer" } } } },
      },
    });
    const [block] = message.content;
    expect(block?.type === "text" ? JSON.parse(block.text) : null).toEqual({ age: 1 });
  });

  it("counts tokens as floor(bytes / 4) of system and messages", async () => {
    const count = await anthropicClient(mock).messages.countTokens({
      model: "m",
      system: "Be nice.",
      messages: user("Hällo"),
    });
    expect(count.input_tokens).toBe(3);
  });

  it("refuses what the API refuses, in the API's error shape", async () => {
    const client = anthropicClient(mock);
    const request = { model: "m", max_tokens: 10, messages: user("Hi") };
    await expect(client.messages.create({ ...request, messages: [] })).rejects.toMatchObject({
      status: 400,
      type: "invalid_request_error",
    });
    // This version's client sends 2026-10-21, which knows no sampling parameters.
    const sampled = { ...request, temperature: 1 };
    await expect(client.messages.create(sampled)).rejects.toMatchObject({ status: 400 });
    const older = { headers: { "anthropic-version": "2023-06-01" } };
    await expect(client.messages.create(sampled, older)).resolves.toMatchObject({ type: "message" });
    const bare = await fetch(`${mock.url}/v1/messages`, { method: "POST", body: JSON.stringify(request) });
    expect(bare.status).toBe(400);
    expect(await bare.json()).toMatchObject({ type: "error", error: { type: "invalid_request_error" } });
  });
});
