import { describe, expect, test } from "vitest";
import {
  blockDelta,
  blockStart,
  blockStop,
  chunk,
  messageEnd,
  messageStart,
  usageChunk,
} from "./testing/streams.ts";
import { createStreamSummary, type StreamSummary } from "./stream-summary.ts";
import type { SseEvent } from "./wire-format.ts";

const data = (value: object): SseEvent => ({ event: null, data: JSON.stringify(value) });
const named = (value: { readonly type: string }): SseEvent => ({
  event: value.type,
  data: JSON.stringify(value),
});

function observed(summary: StreamSummary, events: readonly SseEvent[]): StreamSummary {
  for (const event of events) summary.observe(event);
  return summary;
}

describe("an OpenAI stream", () => {
  test("is summed up", () => {
    const usage = { prompt_tokens: 5, completion_tokens: 7, prompt_tokens_details: { cached_tokens: 2 } };
    const events = [chunk({ content: "a" }), chunk({}, "stop"), usageChunk(usage)].map(data);
    const summary = observed(createStreamSummary("openai-chat"), [
      ...events,
      { event: null, data: "[DONE]" },
    ]);
    expect(summary.result()).toEqual({
      usage: {
        inputTokens: 5,
        outputTokens: 7,
        cacheReadTokens: 2,
        cacheWriteTokens: 0,
        reasoningTokens: 0,
        source: "provider",
      },
      finishReason: { unified: "stop", raw: "stop" },
      upstreamModel: "gpt-up",
      sawTerminal: true,
    });
  });

  test.each<[string, object, boolean]>([
    ["a role", chunk({ role: "assistant", content: "" }), false],
    ["text", chunk({ content: "a" }), true],
    ["reasoning", chunk({ reasoning_content: "a" }), true],
    ["a tool call", chunk({ tool_calls: [{ index: 0 }] }), true],
    ["a legacy call", chunk({ function_call: { name: "f" } }), true],
    ["a refusal", chunk({ refusal: "No" }), true],
    ["audio", chunk({ audio: { data: "x" } }), true],
    ["another choice", { choices: [{ index: 1, delta: { content: "x" } }] }, true],
    ["null members", chunk({ content: null, tool_calls: null, refusal: null }), false],
    ["a finish reason", chunk({}, "stop"), false],
    ["usage", usageChunk({ prompt_tokens: 1 }), false],
  ])("%s is content: %o %s", (_title, value, hasContent) => {
    const observation = createStreamSummary("openai-chat").observe(data(value));
    expect(observation).toEqual({ hasContent, isTerminal: false, error: null });
  });

  test("without a finish reason or an end mark it is not complete", () => {
    const summary = observed(createStreamSummary("openai-chat"), [data(chunk({ content: "a" }))]);
    expect(summary.result()).toMatchObject({ sawTerminal: false, finishReason: null, usage: null });
    expect(summary.observe({ event: null, data: "[DONE]" }).isTerminal).toBe(true);
    expect(summary.result().sawTerminal).toBe(true);
  });

  test("a finish reason alone completes it, since some servers send no end mark", () => {
    const summary = observed(createStreamSummary("openai-chat"), [data(chunk({}, "length"))]);
    expect(summary.result()).toMatchObject({ sawTerminal: true, finishReason: { unified: "length" } });
  });

  test.each<[SseEvent, object]>([
    [data({ error: { message: "m", code: "c", type: "t" } }), { message: "m", code: "c", type: "t" }],
    [data({ error: { message: "m", code: 503 } }), { message: "m", code: "503", type: null }],
    [data({ error: "m" }), { message: "m", code: null, type: null }],
    [
      { event: "error", data: '{"message":"m","code":"c"}' },
      { message: "m", code: "c", type: null },
    ],
    [
      { event: null, data: "<html>" },
      { code: null, type: null },
    ],
    [
      { event: null, data: "[]" },
      { code: null, type: null },
    ],
  ])("%j is an error", (event, error) => {
    expect(createStreamSummary("openai-chat").observe(event)).toMatchObject({ hasContent: false, error });
  });
});

describe("an Anthropic stream", () => {
  test("is summed up from its start and its end", () => {
    const usage = {
      input_tokens: 10,
      cache_read_input_tokens: 5,
      cache_creation_input_tokens: 3,
      output_tokens: 1,
    };
    const end = messageEnd("end_turn", {
      output_tokens: 20,
      input_tokens: null,
      output_tokens_details: { thinking_tokens: 4 },
    });
    const events = [messageStart(usage), blockStart(0, { type: "text", text: "" }), ...end];
    expect(observed(createStreamSummary("anthropic-messages"), events.map(named)).result()).toEqual({
      usage: {
        inputTokens: 18,
        outputTokens: 20,
        cacheReadTokens: 5,
        cacheWriteTokens: 3,
        reasoningTokens: 4,
        source: "provider",
      },
      finishReason: { unified: "stop", raw: "end_turn" },
      upstreamModel: "claude-up",
      sawTerminal: true,
    });
  });

  test("that was cut reports what was counted so far as an estimate", () => {
    const events = [messageStart(), blockDelta(0, { type: "text_delta", text: "a" })];
    expect(observed(createStreamSummary("anthropic-messages"), events.map(named)).result()).toMatchObject({
      usage: { inputTokens: 10, outputTokens: 1, source: "estimated" },
      finishReason: null,
      sawTerminal: false,
    });
  });

  test.each<[string, { readonly type: string }, boolean]>([
    ["a start", messageStart(), false],
    ["a ping", { type: "ping" }, false],
    ["an open text block", blockStart(0, { type: "text", text: "" }), false],
    ["a text delta", blockDelta(0, { type: "text_delta", text: "a" }), true],
    ["a thinking delta", blockDelta(0, { type: "thinking_delta", thinking: "a" }), true],
    ["a tool call", blockStart(0, { type: "tool_use", id: "t" }), true],
    ["redacted thinking", blockStart(0, { type: "redacted_thinking", data: "x" }), true],
    ["a stop", blockStop(0), false],
    ["the end", { type: "message_delta" }, false],
  ])("%s is content: %o %s", (_title, event, hasContent) => {
    const observation = createStreamSummary("anthropic-messages").observe(named(event));
    expect(observation).toEqual({ hasContent, isTerminal: false, error: null });
  });

  test("message_stop is its last event", () => {
    const summary = createStreamSummary("anthropic-messages");
    expect(summary.observe(named({ type: "message_stop" })).isTerminal).toBe(true);
    expect(summary.result().sawTerminal).toBe(true);
  });

  test("an error event is an error", () => {
    const event = { type: "error", error: { type: "overloaded_error", message: "Busy." } };
    expect(createStreamSummary("anthropic-messages").observe(named(event)).error).toEqual({
      message: "Busy.",
      code: null,
      type: "overloaded_error",
    });
  });
});

test("embeddings do not stream", () => {
  const summary = observed(createStreamSummary("openai-embeddings"), [data({})]);
  expect(summary.result().sawTerminal).toBe(false);
});
