import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import Anthropic from "@anthropic-ai/sdk";
import OpenAI from "openai";
import { afterEach, describe, expect, test } from "vitest";
import {
  anthropicStream,
  blockDelta,
  blockStart,
  blockStop,
  chunk,
  messageEnd,
  messageStart,
  openAiStream,
  usageChunk,
} from "./testing/streams.ts";
import { createStreamTranscoder, type StreamTranscoder } from "./stream-transcoder.ts";
import { transcodeResponse } from "./transcode-response.ts";
import type { ChatFormatName } from "./wire-format.ts";

const context = { requestId: "req_1", model: "fast", createdAtMs: 1_700_000_000_000 };
const servers: Server[] = [];

afterEach(async () => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    await new Promise((resolve) => {
      server.close(resolve);
    });
  }
});

/** A server that answers every request with this text. */
async function serve(contentType: string, text: string): Promise<string> {
  const server = createServer((request, response) => {
    request.resume();
    response.writeHead(200, { "content-type": contentType });
    response.end(text);
  });
  servers.push(server);
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function openAiClient(text: string, contentType = "text/event-stream"): Promise<OpenAI> {
  const baseURL = `${await serve(contentType, text)}/v1`;
  return new OpenAI({ baseURL, apiKey: "k", maxRetries: 0 });
}

async function anthropicClient(text: string, contentType = "text/event-stream"): Promise<Anthropic> {
  const baseURL = await serve(contentType, text);
  return new Anthropic({ baseURL, apiKey: "k", maxRetries: 0, logLevel: "off" });
}

function transcoder(from: ChatFormatName, to: ChatFormatName): StreamTranscoder {
  return createStreamTranscoder({ from, to, context, includeUsage: true });
}

const messages = [{ role: "user" as const, content: "hi" }];
const openAiRequest = { model: "fast", messages };
const anthropicRequest = { model: "fast", max_tokens: 10, messages };

const anthropicSource = anthropicStream([
  messageStart({ input_tokens: 10, cache_read_input_tokens: 5, output_tokens: 1 }),
  blockStart(0, { type: "thinking", thinking: "", signature: "" }),
  blockDelta(0, { type: "thinking_delta", thinking: "Hm." }),
  blockDelta(0, { type: "signature_delta", signature: "sig" }),
  blockStop(0),
  blockStart(1, { type: "text", text: "" }),
  blockDelta(1, { type: "text_delta", text: "Hello " }),
  blockDelta(1, { type: "text_delta", text: "wörld 👋" }),
  blockStop(1),
  blockStart(2, { type: "tool_use", id: "toolu_1", name: "f", input: {} }),
  blockDelta(2, { type: "input_json_delta", partial_json: '{"a":' }),
  blockDelta(2, { type: "input_json_delta", partial_json: "[1]}" }),
  blockStop(2),
  blockStart(3, { type: "tool_use", id: "toolu_2", name: "g", input: {} }),
  blockStop(3),
  ...messageEnd("tool_use"),
]);

const openAiSource = openAiStream([
  chunk({ role: "assistant", content: "" }),
  chunk({ reasoning_content: "Hm." }),
  chunk({ content: "Hello " }),
  chunk({ content: "wörld 👋" }),
  chunk({
    tool_calls: [{ index: 0, id: "call_1", type: "function", function: { name: "f", arguments: "" } }],
  }),
  chunk({
    tool_calls: [{ index: 1, id: "f.g:1", type: "function", function: { name: "g", arguments: "" } }],
  }),
  chunk({ tool_calls: [{ index: 0, function: { arguments: '{"a":[1]}' } }] }),
  chunk({ tool_calls: [{ index: 1, function: { arguments: "{}" } }] }),
  chunk({}, "tool_calls"),
  usageChunk({ prompt_tokens: 15, completion_tokens: 20, prompt_tokens_details: { cached_tokens: 5 } }),
  "[DONE]",
]);

describe("the official openai client", () => {
  const calls = [
    { id: "toolu_1", type: "function", function: { name: "f", arguments: '{"a":[1]}' } },
    { id: "toolu_2", type: "function", function: { name: "g", arguments: "{}" } },
  ];

  test("puts a translated Anthropic stream together", async () => {
    const stream = transcoder("anthropic-messages", "openai-chat");
    const client = await openAiClient(stream.push(anthropicSource) + stream.end());
    const completion = await client.chat.completions.stream(openAiRequest).finalChatCompletion();
    expect(completion).toMatchObject({
      id: "chatcmpl-req_1",
      model: "fast",
      choices: [
        {
          finish_reason: "tool_calls",
          message: { role: "assistant", content: "Hello wörld 👋", tool_calls: calls },
        },
      ],
      usage: { prompt_tokens: 15, completion_tokens: 20, prompt_tokens_details: { cached_tokens: 5 } },
    });
  });

  test("puts a stream of its own format together after the model was replaced", async () => {
    const stream = transcoder("openai-chat", "openai-chat");
    const client = await openAiClient(stream.push(openAiSource) + stream.end());
    const completion = await client.chat.completions.stream(openAiRequest).finalChatCompletion();
    expect(completion).toMatchObject({ id: "chatcmpl-up", model: "fast", usage: { prompt_tokens: 15 } });
    expect(completion.choices[0]?.message.tool_calls).toHaveLength(2);
  });

  test("reads a translated whole answer", async () => {
    const bodyText = JSON.stringify({
      type: "message",
      content: [{ type: "text", text: "Hello" }],
      stop_reason: "end_turn",
      usage: { input_tokens: 1, output_tokens: 2 },
    });
    const text = transcodeResponse({ from: "anthropic-messages", to: "openai-chat", bodyText, context });
    const client = await openAiClient(text, "application/json");
    const completion = await client.chat.completions.create(openAiRequest);
    expect(completion).toMatchObject({
      choices: [{ message: { content: "Hello" } }],
      usage: { total_tokens: 3 },
    });
  });

  test.each([
    ["anthropic-messages", anthropicSource],
    ["openai-chat", openAiSource],
  ] as const)("throws the error that ends a stream from %s", async (from, source) => {
    const stream = transcoder(from, "openai-chat");
    const text =
      stream.push(source.slice(0, 700)) + stream.fail({ code: "stream_interrupted", message: "Broke." });
    const client = await openAiClient(text);
    const consumed = client.chat.completions.stream(openAiRequest).finalChatCompletion();
    await expect(consumed).rejects.toMatchObject({
      code: "stream_interrupted",
      message: expect.stringContaining("Broke."),
    });
  });
});

describe("the official Anthropic client", () => {
  test("puts a translated OpenAI stream together", async () => {
    const stream = transcoder("openai-chat", "anthropic-messages");
    const client = await anthropicClient(stream.push(openAiSource) + stream.end());
    const message = await client.messages.stream(anthropicRequest).finalMessage();
    expect(message).toMatchObject({
      id: "msg_req_1",
      model: "fast",
      role: "assistant",
      content: [
        { type: "thinking", thinking: "Hm.", signature: "" },
        { type: "text", text: "Hello wörld 👋" },
        { type: "tool_use", id: "call_1", name: "f", input: { a: [1] } },
        { type: "tool_use", id: "th64_Zi5nOjE", name: "g", input: {} },
      ],
      stop_reason: "tool_use",
      usage: { input_tokens: 10, output_tokens: 20, cache_read_input_tokens: 5 },
    });
  });

  test("puts a stream of its own format together after the model was replaced", async () => {
    const stream = transcoder("anthropic-messages", "anthropic-messages");
    const client = await anthropicClient(stream.push(anthropicSource) + stream.end());
    const message = await client.messages.stream(anthropicRequest).finalMessage();
    expect(message).toMatchObject({ id: "msg_up", model: "fast", stop_reason: "tool_use" });
    expect(message.content).toMatchObject([
      { type: "thinking", thinking: "Hm.", signature: "sig" },
      { text: "Hello wörld 👋" },
      { input: { a: [1] } },
      { input: {} },
    ]);
  });

  test("reads a translated whole answer", async () => {
    const bodyText = JSON.stringify({ choices: [{ message: { content: "Hello" }, finish_reason: "stop" }] });
    const text = transcodeResponse({ from: "openai-chat", to: "anthropic-messages", bodyText, context });
    const client = await anthropicClient(text, "application/json");
    const message = await client.messages.create(anthropicRequest);
    expect(message).toMatchObject({ content: [{ type: "text", text: "Hello" }], stop_reason: "end_turn" });
  });

  test.each([
    ["anthropic-messages", anthropicSource],
    ["openai-chat", openAiSource],
  ] as const)("throws the error that ends a stream from %s", async (from, source) => {
    const stream = transcoder(from, "anthropic-messages");
    const text =
      stream.push(source.slice(0, 700)) + stream.fail({ code: "provider_unavailable", message: "Broke." });
    const client = await anthropicClient(text);
    const consumed = client.messages.stream(anthropicRequest).finalMessage();
    await expect(consumed).rejects.toMatchObject({ type: "overloaded_error" });
  });
});
