import type { Message } from "@anthropic-ai/sdk/resources/messages/messages";
import type { ChatCompletion } from "openai/resources/chat/completions";
import { describe, expect, test } from "vitest";
import { transcodeResponse } from "./transcode-response.ts";
import type { ChatFormatName } from "./wire-format.ts";

const context = { requestId: "req_1", model: "fast", createdAtMs: 1_700_000_000_999 };

function translate(from: ChatFormatName, to: ChatFormatName, body: object): unknown {
  return JSON.parse(transcodeResponse({ from, to, bodyText: JSON.stringify(body), context }));
}
const toOpenAi = (body: object): unknown => translate("anthropic-messages", "openai-chat", body);
const toAnthropic = (body: object): unknown => translate("openai-chat", "anthropic-messages", body);

const text = (value: string): object => ({ type: "text", text: value, citations: null });

describe("an answer in its own format", () => {
  test("keeps every byte but the model", () => {
    const bodyText = '{ "id":"x", "model":"gpt-4o-2024",  "choices":[ ],"unknown":1.0 }';
    for (const format of ["openai-chat", "openai-embeddings", "anthropic-messages"] as const) {
      const result = transcodeResponse({ from: format, to: format, bodyText, context });
      expect(result).toBe(bodyText.replace("gpt-4o-2024", "fast"));
    }
  });
});

describe("an Anthropic answer for an OpenAI caller", () => {
  test("is written in full", () => {
    const answer = toOpenAi({
      id: "msg_01",
      type: "message",
      role: "assistant",
      model: "claude-x",
      content: [
        { type: "thinking", thinking: "Hm.", signature: "sig" },
        { type: "redacted_thinking", data: "xyz" },
        { type: "text", text: "Two " },
        { type: "text", text: "parts." },
        { type: "tool_use", id: "toolu_1", name: "f", input: { a: [1] } },
        { type: "tool_use", id: "toolu_2", name: "g", input: {} },
      ],
      stop_reason: "tool_use",
      stop_sequence: null,
      usage: {
        input_tokens: 10,
        cache_creation_input_tokens: 3,
        cache_read_input_tokens: 5,
        output_tokens: 20,
        output_tokens_details: { thinking_tokens: 7 },
        service_tier: "standard",
      },
    });
    expect(answer).toEqual({
      id: "chatcmpl-req_1",
      object: "chat.completion",
      created: 1_700_000_000,
      model: "fast",
      choices: [
        {
          index: 0,
          message: {
            role: "assistant",
            content: "Two parts.",
            refusal: null,
            reasoning_content: "Hm.",
            reasoning_details: [
              { type: "reasoning.text", index: 0, text: "Hm.", signature: "sig" },
              { type: "reasoning.encrypted", index: 1, data: "xyz" },
            ],
            tool_calls: [
              { id: "toolu_1", type: "function", function: { name: "f", arguments: '{"a":[1]}' } },
              { id: "toolu_2", type: "function", function: { name: "g", arguments: "{}" } },
            ],
          } as ChatCompletion.Choice["message"],
          logprobs: null,
          finish_reason: "tool_calls",
        },
      ],
      usage: {
        prompt_tokens: 18,
        completion_tokens: 20,
        total_tokens: 38,
        prompt_tokens_details: { cached_tokens: 5, cache_write_tokens: 3 },
        completion_tokens_details: { reasoning_tokens: 7 },
      },
      service_tier: "default",
    } satisfies ChatCompletion);
  });

  test.each([
    ["end_turn", "stop"],
    ["stop_sequence", "stop"],
    ["max_tokens", "length"],
    ["model_context_window_exceeded", "length"],
    ["tool_use", "tool_calls"],
    ["refusal", "content_filter"],
    ["pause_turn", "stop"],
    ["something_new", "stop"],
  ])("stop reason %s reads %s", (stop_reason, finish_reason) => {
    expect(toOpenAi({ type: "message", content: [text("x")], stop_reason })).toMatchObject({
      choices: [{ finish_reason }],
    });
  });

  test("content is null beside tool calls only, empty without anything", () => {
    const call = { type: "tool_use", id: "t", name: "f", input: {} };
    expect(toOpenAi({ content: [call] })).toMatchObject({ choices: [{ message: { content: null } }] });
    expect(toOpenAi({ content: [] })).toMatchObject({ choices: [{ message: { content: "" } }] });
  });

  test("the explanation of a refusal is its refusal text", () => {
    const stop_details = { type: "refusal", category: "cyber", explanation: "I cannot." };
    expect(toOpenAi({ content: [], stop_reason: "refusal", stop_details })).toMatchObject({
      choices: [{ message: { refusal: "I cannot." }, finish_reason: "content_filter" }],
    });
  });

  test("blocks of the vendor's own tools do not leak into the text", () => {
    const search = { type: "server_tool_use", id: "s", name: "web_search", input: {} };
    expect(toOpenAi({ content: [search, text("found")] })).toMatchObject({
      choices: [{ message: { content: "found" } }],
    });
  });
});

describe("an OpenAI answer for an Anthropic caller", () => {
  test("is written in full", () => {
    const answer = toAnthropic({
      id: "chatcmpl-9",
      object: "chat.completion",
      created: 1,
      model: "gpt-x",
      choices: [
        {
          index: 0,
          message: {
            role: "assistant",
            content: "Looking.",
            refusal: null,
            reasoning_content: "Hm.",
            tool_calls: [
              { id: "call_1", type: "function", function: { name: "f", arguments: '{"a":1}' } },
              { id: "f.g:1", type: "function", function: { name: "g", arguments: "" } },
            ],
          },
          finish_reason: "tool_calls",
          logprobs: null,
        },
        { index: 1, message: { role: "assistant", content: "other choice" }, finish_reason: "stop" },
      ],
      usage: {
        prompt_tokens: 18,
        completion_tokens: 20,
        total_tokens: 38,
        prompt_tokens_details: { cached_tokens: 5, cache_write_tokens: 3 },
        completion_tokens_details: { reasoning_tokens: 7 },
      },
      service_tier: "priority",
    });
    expect(answer).toEqual({
      id: "msg_req_1",
      type: "message",
      role: "assistant",
      model: "fast",
      content: [
        { type: "thinking", thinking: "Hm.", signature: "" },
        { type: "text", text: "Looking.", citations: null },
        { type: "tool_use", id: "call_1", name: "f", input: { a: 1 }, caller: { type: "direct" } },
        { type: "tool_use", id: "th64_Zi5nOjE", name: "g", input: {}, caller: { type: "direct" } },
      ],
      stop_reason: "tool_use",
      stop_sequence: null,
      stop_details: null,
      container: null,
      diagnostics: null,
      usage: {
        input_tokens: 10,
        cache_creation_input_tokens: 3,
        cache_read_input_tokens: 5,
        output_tokens: 20,
        output_tokens_details: { thinking_tokens: 7 },
        cache_creation: null,
        inference_geo: null,
        server_tool_use: null,
        service_tier: "priority",
        speed: null,
      },
    } satisfies Message);
  });

  test.each<[object, string]>([
    [{ finish_reason: "stop", message: { content: "x" } }, "end_turn"],
    [{ finish_reason: "length", message: { content: "x" } }, "max_tokens"],
    [{ finish_reason: "content_filter", message: { content: "x" } }, "refusal"],
    [{ finish_reason: "tool_calls", message: { tool_calls: [] } }, "tool_use"],
    [
      { finish_reason: "function_call", message: { function_call: { name: "f", arguments: "{}" } } },
      "tool_use",
    ],
    [{ finish_reason: "stop", message: { tool_calls: [{ id: "c", function: { name: "f" } }] } }, "tool_use"],
    [{ finish_reason: "stop", message: { refusal: "No." } }, "refusal"],
    [{ finish_reason: "eos", message: { content: "x" } }, "end_turn"],
    [{ message: { content: "x" } }, "end_turn"],
  ])("choice %j stops with %s", (choice, stop_reason) => {
    expect(toAnthropic({ choices: [choice] })).toMatchObject({ stop_reason });
  });

  test("arguments that are no object are wrapped instead of crashing", () => {
    const message = { tool_calls: [{ id: "c", function: { name: "f", arguments: '{"cut' } }] };
    expect(toAnthropic({ choices: [{ message }] })).toMatchObject({
      content: [{ type: "tool_use", input: { _tokenhub_raw_arguments: '{"cut' } }],
    });
  });

  test("a call without an id gets one", () => {
    const message = { tool_calls: [{ function: { name: "f" } }, { id: "", function: { name: "g" } }] };
    expect(toAnthropic({ id: "x-1", choices: [{ message }] })).toMatchObject({
      content: [{ id: "call_x-1_0" }, { id: "call_x-1_1" }],
    });
  });

  test("usage the provider did not report is zero, or the estimate", () => {
    const bodyText = JSON.stringify({ choices: [{ message: { content: "x" } }] });
    const input = { from: "openai-chat", to: "anthropic-messages", bodyText } as const;
    const answer: unknown = JSON.parse(
      transcodeResponse({ ...input, context: { ...context, estimatedInputTokens: 12 } }),
    );
    expect(answer).toMatchObject({ usage: { input_tokens: 12, output_tokens: 0 } });
  });

  test("content parts and other names for reasoning are understood", () => {
    const message = {
      content: [
        { type: "text", text: "a" },
        { type: "text", text: "b" },
      ],
      reasoning: "r",
    };
    expect(toAnthropic({ choices: [{ message }] })).toMatchObject({
      content: [{ type: "thinking", thinking: "r" }, { text: "a" }, { text: "b" }],
    });
  });
});

describe("what is no answer", () => {
  test.each<[ChatFormatName, ChatFormatName, string]>([
    ["openai-chat", "anthropic-messages", "<html>"],
    ["openai-chat", "anthropic-messages", "{}"],
    ["openai-chat", "anthropic-messages", '{"choices":[]}'],
    ["openai-chat", "anthropic-messages", '{"choices":[{"index":0}]}'],
    ["openai-chat", "anthropic-messages", '{"error":{"message":"no"}}'],
    ["anthropic-messages", "openai-chat", "null"],
    ["anthropic-messages", "openai-chat", "{}"],
    ["anthropic-messages", "openai-chat", '{"type":"error","error":{"message":"no"}}'],
  ])("from %s to %s: %s is a bad response", (from, to, bodyText) => {
    expect(() => transcodeResponse({ from, to, bodyText, context })).toThrow(
      expect.objectContaining({ code: "provider_bad_response", name: "TokenHubError" }),
    );
  });
});
