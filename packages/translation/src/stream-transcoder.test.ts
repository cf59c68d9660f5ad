import { describe, expect, test } from "vitest";
import {
  anthropicStream,
  blockDelta,
  blockStart,
  blockStop,
  chunk,
  messageEnd,
  messageStart,
  openAiStream,
  readEvents,
  usageChunk,
} from "./testing/streams.ts";
import { createStreamTranscoder } from "./stream-transcoder.ts";
import type { ChatFormatName } from "./wire-format.ts";

const context = { requestId: "req_1", model: "fast", createdAtMs: 1_700_000_000_999 };

function translate(
  text: string,
  input: { readonly from: ChatFormatName; readonly to: ChatFormatName; readonly includeUsage?: boolean },
): string {
  const transcoder = createStreamTranscoder({ context, includeUsage: false, ...input });
  return transcoder.push(text) + transcoder.end();
}
const toAnthropic = (text: string): string =>
  translate(text, { from: "openai-chat", to: "anthropic-messages" });
const toOpenAi = (text: string, includeUsage = false): string =>
  translate(text, { from: "anthropic-messages", to: "openai-chat", includeUsage });

/** Data of the content block events, without the message around them. */
function blocks(text: string): unknown[] {
  return readEvents(text)
    .filter(({ event }) => event?.startsWith("content_block") === true)
    .map(({ data }) => data);
}

/** The deltas of the first choice, without the opening role. */
function deltas(text: string): unknown[] {
  return readEvents(text)
    .flatMap(({ data }) => (data === "[DONE]" ? [] : [data as { choices: { delta: object }[] }]))
    .flatMap(({ choices }) => choices.map((choice) => choice.delta))
    .filter((delta) => !("role" in delta) && Object.keys(delta).length > 0);
}

describe("an Anthropic stream for an OpenAI caller", () => {
  const text = anthropicStream([
    messageStart({
      input_tokens: 10,
      cache_read_input_tokens: 5,
      cache_creation_input_tokens: 3,
      output_tokens: 1,
    }),
    { type: "ping" },
    blockStart(0, { type: "text", text: "" }),
    blockDelta(0, { type: "text_delta", text: "Hel" }),
    blockDelta(0, { type: "text_delta", text: "lo" }),
    blockStop(0),
    blockStart(1, { type: "tool_use", id: "toolu_1", name: "f", input: {} }),
    blockDelta(1, { type: "input_json_delta", partial_json: "" }),
    blockDelta(1, { type: "input_json_delta", partial_json: '{"a":' }),
    blockDelta(1, { type: "input_json_delta", partial_json: "1}" }),
    blockStop(1),
    blockStart(2, { type: "tool_use", id: "toolu_2", name: "g", input: {} }),
    blockStop(2),
    ...messageEnd("tool_use"),
  ]);

  test("is written byte for byte as the vendor's clients read it", () => {
    const head =
      '{"id":"chatcmpl-req_1","object":"chat.completion.chunk","created":1700000000,"model":"fast","choices":[';
    const line = (delta: string, finish = "null"): string =>
      `data: ${head}{"index":0,"delta":${delta},"logprobs":null,"finish_reason":${finish}}],"usage":null}\n\n`;
    expect(toOpenAi(text, true)).toBe(
      [
        line('{"role":"assistant","content":"","refusal":null}'),
        line('{"content":"Hel"}'),
        line('{"content":"lo"}'),
        line(
          '{"tool_calls":[{"index":0,"id":"toolu_1","type":"function","function":{"name":"f","arguments":""}}]}',
        ),
        line('{"tool_calls":[{"index":0,"function":{"arguments":"{\\"a\\":"}}]}'),
        line('{"tool_calls":[{"index":0,"function":{"arguments":"1}"}}]}'),
        line(
          '{"tool_calls":[{"index":1,"id":"toolu_2","type":"function","function":{"name":"g","arguments":""}}]}',
        ),
        line('{"tool_calls":[{"index":1,"function":{"arguments":"{}"}}]}'),
        line("{}", '"tool_calls"'),
        `data: ${head}],"usage":{"prompt_tokens":18,"completion_tokens":20,"total_tokens":38,"prompt_tokens_details":{"cached_tokens":5,"cache_write_tokens":3},"completion_tokens_details":{"reasoning_tokens":0}}}\n\n`,
        "data: [DONE]\n\n",
      ].join(""),
    );
  });

  test("says nothing of usage when the caller did not ask", () => {
    expect(toOpenAi(text)).not.toContain("usage");
  });

  test("thinking becomes reasoning_content and details that can be given back", () => {
    const thinking = anthropicStream([
      messageStart(),
      blockStart(0, { type: "thinking", thinking: "", signature: "" }),
      blockDelta(0, { type: "thinking_delta", thinking: "a" }),
      blockDelta(0, { type: "thinking_delta", thinking: "b" }),
      blockDelta(0, { type: "signature_delta", signature: "sig" }),
      blockStop(0),
      blockStart(1, { type: "redacted_thinking", data: "xyz" }),
      blockStop(1),
      blockStart(2, { type: "thinking", thinking: "", signature: "" }),
      blockDelta(2, { type: "signature_delta", signature: "hidden" }),
      blockStop(2),
      blockStart(3, { type: "text", text: "" }),
      blockDelta(3, { type: "text_delta", text: "ok" }),
      blockStop(3),
      ...messageEnd("end_turn"),
    ]);
    const detail = (index: number, text: string, signature: string | null): object => ({
      type: "reasoning.text",
      index,
      text,
      signature,
    });
    expect(deltas(toOpenAi(thinking))).toEqual([
      { reasoning_content: "a", reasoning_details: [detail(0, "a", null)] },
      { reasoning_content: "b", reasoning_details: [detail(0, "b", null)] },
      { reasoning_details: [detail(0, "", "sig")] },
      { reasoning_details: [{ type: "reasoning.encrypted", index: 1, data: "xyz" }] },
      { reasoning_details: [detail(2, "", "hidden")] },
      { content: "ok" },
    ]);
  });

  test("the vendor's own tools stay out of the text, citations too", () => {
    const search = anthropicStream([
      messageStart(),
      blockStart(0, { type: "server_tool_use", id: "s", name: "web_search", input: {} }),
      blockDelta(0, { type: "input_json_delta", partial_json: '{"query":"x"}' }),
      blockStop(0),
      blockStart(1, { type: "web_search_tool_result", tool_use_id: "s", content: [] }),
      blockStop(1),
      blockStart(2, { type: "text", text: "" }),
      blockDelta(2, { type: "citations_delta", citation: { type: "char_location" } }),
      blockDelta(2, { type: "text_delta", text: "found" }),
      blockStop(2),
      ...messageEnd("end_turn"),
    ]);
    expect(deltas(toOpenAi(search))).toEqual([{ content: "found" }]);
  });

  test.each([
    ["overloaded_error", "provider_unavailable", "server_error"],
    ["rate_limit_error", "provider_rate_limited", "rate_limit_error"],
    ["api_error", "provider_error", "server_error"],
  ])("an %s inside the stream ends it as %s", (type, code, openAiType) => {
    const failing = anthropicStream([
      messageStart(),
      blockStart(0, { type: "text", text: "" }),
      blockDelta(0, { type: "text_delta", text: "Hel" }),
      { type: "error", error: { type, message: "Sorry." } },
      blockDelta(0, { type: "text_delta", text: "lo" }),
    ]);
    const events = readEvents(toOpenAi(failing));
    expect(events.at(-1)?.data).toEqual({
      error: { message: "Sorry.", type: openAiType, param: null, code },
    });
    expect(events).toHaveLength(3);
  });

  test("a failure of ours ends it with an error event and nothing else", () => {
    const transcoder = createStreamTranscoder({
      from: "anthropic-messages",
      to: "openai-chat",
      context,
      includeUsage: true,
    });
    transcoder.push(anthropicStream([messageStart()]));
    expect(transcoder.fail({ code: "stream_interrupted", message: "Broke." })).toBe(
      'data: {"error":{"message":"Broke.","type":"server_error","param":null,"code":"stream_interrupted"}}\n\n',
    );
    expect(transcoder.end()).toBe("");
    expect(transcoder.push(text)).toBe("");
    expect(transcoder.fail({ code: "internal_error", message: "x" })).toBe("");
  });
});

describe("an OpenAI stream for an Anthropic caller", () => {
  const usage = {
    prompt_tokens: 18,
    completion_tokens: 20,
    prompt_tokens_details: { cached_tokens: 5, cache_write_tokens: 3 },
    completion_tokens_details: { reasoning_tokens: 7 },
  };

  test("is written byte for byte as the vendor's clients read it", () => {
    const text = openAiStream([
      chunk({ role: "assistant", content: "" }),
      chunk({ content: "Hel" }),
      chunk({ content: "lo" }),
      chunk({
        tool_calls: [{ index: 0, id: "call_1", type: "function", function: { name: "f", arguments: "" } }],
      }),
      chunk({ tool_calls: [{ index: 0, function: { arguments: '{"a":1}' } }] }),
      chunk({}, "tool_calls"),
      usageChunk(usage),
      "[DONE]",
    ]);
    const event = (type: string, rest: string): string =>
      `event: ${type}\ndata: {"type":"${type}"${rest}}\n\n`;
    const transcoder = createStreamTranscoder({
      from: "openai-chat",
      to: "anthropic-messages",
      context: { ...context, estimatedInputTokens: 12 },
      includeUsage: false,
    });
    expect(transcoder.push(text) + transcoder.end()).toBe(
      [
        event(
          "message_start",
          ',"message":{"id":"msg_req_1","type":"message","role":"assistant","model":"fast","content":[],"stop_reason":null,"stop_sequence":null,"stop_details":null,"container":null,"diagnostics":null,"usage":{"input_tokens":12,"output_tokens":0,"cache_creation_input_tokens":0,"cache_read_input_tokens":0,"output_tokens_details":null,"server_tool_use":null,"cache_creation":null,"inference_geo":null,"service_tier":null,"speed":null}}',
        ),
        event("content_block_start", ',"index":0,"content_block":{"type":"text","text":"","citations":null}'),
        event("content_block_delta", ',"index":0,"delta":{"type":"text_delta","text":"Hel"}'),
        event("content_block_delta", ',"index":0,"delta":{"type":"text_delta","text":"lo"}'),
        event("content_block_stop", ',"index":0'),
        event(
          "content_block_start",
          ',"index":1,"content_block":{"type":"tool_use","id":"call_1","name":"f","input":{},"caller":{"type":"direct"}}',
        ),
        event(
          "content_block_delta",
          ',"index":1,"delta":{"type":"input_json_delta","partial_json":"{\\"a\\":1}"}',
        ),
        event("content_block_stop", ',"index":1'),
        event(
          "message_delta",
          ',"delta":{"stop_reason":"tool_use","stop_sequence":null,"stop_details":null,"container":null},"usage":{"input_tokens":10,"output_tokens":20,"cache_creation_input_tokens":3,"cache_read_input_tokens":5,"output_tokens_details":{"thinking_tokens":7},"server_tool_use":null}',
        ),
        event("message_stop", ""),
      ].join(""),
    );
  });

  test("interleaved parallel calls come out one after the other, complete", () => {
    const call = (index: number, rest: object): object => chunk({ tool_calls: [{ index, ...rest }] });
    const text = openAiStream([
      call(0, { id: "a", function: { name: "f", arguments: "" } }),
      call(1, { id: "b", function: { name: "g", arguments: '{"y"' } }),
      call(0, { function: { arguments: '{"x":' } }),
      call(1, { function: { arguments: ":2}" } }),
      call(0, { function: { arguments: "1}" } }),
      call(2, { id: "c", function: { name: "h", arguments: "{}" } }),
      chunk({ content: "done" }),
      chunk({}, "tool_calls"),
      "[DONE]",
    ]);
    const start = (index: number, id: string, name: string): object =>
      blockStart(index, { type: "tool_use", id, name, input: {}, caller: { type: "direct" } });
    const json = (index: number, partial_json: string): object =>
      blockDelta(index, { type: "input_json_delta", partial_json });
    expect(blocks(toAnthropic(text))).toEqual([
      start(0, "a", "f"),
      json(0, '{"x":'),
      json(0, "1}"),
      blockStop(0),
      start(1, "b", "g"),
      json(1, '{"y"'),
      json(1, ":2}"),
      blockStop(1),
      start(2, "c", "h"),
      json(2, "{}"),
      blockStop(2),
      blockStart(3, { type: "text", text: "", citations: null }),
      blockDelta(3, { type: "text_delta", text: "done" }),
      blockStop(3),
    ]);
  });

  test("calls without an index, and calls that all say index 0, are told apart by id", () => {
    const first = { id: "a", function: { name: "f", arguments: "{}" } };
    const second = { id: "b", function: { name: "g", arguments: "{}" } };
    for (const extra of [{}, { index: 0 }]) {
      const calls = [
        { ...first, ...extra },
        { ...second, ...extra },
      ];
      const text = openAiStream([chunk({ tool_calls: calls }), chunk({}, "tool_calls"), "[DONE]"]);
      expect(blocks(toAnthropic(text))).toMatchObject([
        { content_block: { id: "a", name: "f" } },
        { delta: { partial_json: "{}" } },
        {},
        { content_block: { id: "b", name: "g" } },
        { delta: { partial_json: "{}" } },
        {},
      ]);
    }
  });

  test("a call without arguments or id, repeated names, and legacy function_call are understood", () => {
    const text = openAiStream([
      chunk({ tool_calls: [{ index: 0, function: { name: "f" } }] }),
      chunk({ tool_calls: [{ index: 0, function: { name: "f", arguments: "" } }] }),
      chunk({}, "stop"),
    ]);
    expect(blocks(toAnthropic(text))).toMatchObject([
      { content_block: { id: "call_chatcmpl-up_0", name: "f" } },
      {},
    ]);
    const legacy = openAiStream([
      chunk({ function_call: { name: "f", arguments: '{"a"' } }),
      chunk({ function_call: { arguments: ":1}" } }),
      chunk({}, "function_call"),
    ]);
    expect(blocks(toAnthropic(legacy))).toMatchObject([
      { content_block: { name: "f" } },
      { delta: { partial_json: '{"a"' } },
      { delta: { partial_json: ":1}" } },
      {},
    ]);
    for (const written of [text, legacy]) expect(toAnthropic(written)).toContain('"stop_reason":"tool_use"');
  });

  test("white space behind complete arguments does not open a second block", () => {
    const call = (index: number, rest: object): object => chunk({ tool_calls: [{ index, ...rest }] });
    const text = openAiStream([
      call(0, { id: "a", function: { name: "f", arguments: "{}" } }),
      call(1, { id: "b", function: { name: "g", arguments: "{}" } }),
      call(0, { function: { arguments: "\n" } }),
      chunk({}, "tool_calls"),
    ]);
    expect(blocks(toAnthropic(text))).toHaveLength(6);
  });

  test("reasoning becomes a thinking block, with its signature in one piece", () => {
    const plain = openAiStream([
      chunk({ reasoning_content: "a" }),
      chunk({ reasoning: "b" }),
      chunk({ content: "c" }),
    ]);
    expect(blocks(toAnthropic(plain))).toMatchObject([
      { content_block: { type: "thinking", thinking: "", signature: "" } },
      { delta: { type: "thinking_delta", thinking: "a" } },
      { delta: { type: "thinking_delta", thinking: "b" } },
      {},
      { content_block: { type: "text" } },
      {},
      {},
    ]);
    const detail = (index: number, rest: object): object =>
      chunk({ reasoning_details: [{ type: "reasoning.text", index, ...rest }] });
    const signed = openAiStream([
      detail(0, { text: "a" }),
      detail(0, { text: "", signature: "s1" }),
      chunk({ reasoning_details: [{ type: "reasoning.encrypted", index: 1, data: "xyz" }] }),
      detail(2, { text: "b", signature: "s2" }),
      chunk({}, "stop"),
    ]);
    expect(blocks(toAnthropic(signed))).toMatchObject([
      { content_block: { type: "thinking" } },
      { delta: { type: "thinking_delta", thinking: "a" } },
      { delta: { type: "signature_delta", signature: "s1" } },
      {},
      { content_block: { type: "redacted_thinking", data: "xyz" } },
      {},
      { content_block: { type: "thinking" } },
      { delta: { type: "thinking_delta", thinking: "b" } },
      { delta: { type: "signature_delta", signature: "s2" } },
      {},
    ]);
  });

  test("a refusal becomes text and the stop reason says so", () => {
    const text = openAiStream([
      chunk({ refusal: "No" }),
      chunk({ refusal: "." }),
      chunk({}, "stop"),
      "[DONE]",
    ]);
    expect(blocks(toAnthropic(text))).toHaveLength(4);
    expect(toAnthropic(text)).toContain('"stop_reason":"refusal"');
  });

  test("custom tool calls come out as JSON", () => {
    const custom = (rest: object): object => chunk({ tool_calls: [{ index: 0, ...rest }] });
    const text = openAiStream([
      custom({ id: "c", type: "custom", custom: { name: "code", input: 'a"' } }),
      custom({ custom: { input: "\n" } }),
      chunk({}, "tool_calls"),
    ]);
    const pieces = blocks(toAnthropic(text)).map(
      (block) => (block as { delta?: { partial_json: string } }).delta,
    );
    const json = pieces.map((delta) => delta?.partial_json ?? "").join("");
    expect(JSON.parse(json)).toEqual({ input: 'a"\n' });
  });

  test("usage in the last choice's chunk, role in no chunk and other choices do no harm", () => {
    const other = { ...chunk({}), choices: [{ index: 1, delta: { content: "other" } }] };
    const last = { ...chunk({ content: "x" }, "length"), usage };
    const text = openAiStream([other, last]);
    const events = readEvents(toAnthropic(text));
    expect(events.map(({ event }) => event)).toEqual([
      "message_start",
      "content_block_start",
      "content_block_delta",
      "content_block_stop",
      "message_delta",
      "message_stop",
    ]);
    expect(events.at(-2)?.data).toMatchObject({
      delta: { stop_reason: "max_tokens" },
      usage: { output_tokens: 20 },
    });
  });

  test("an empty stream still gives a whole message", () => {
    expect(readEvents(toAnthropic("")).map(({ event }) => event)).toEqual([
      "message_start",
      "message_delta",
      "message_stop",
    ]);
  });

  test.each([
    [{ error: { message: "Busy.", type: "server_error", code: "503" } }, "overloaded_error", "Busy."],
    [{ error: { message: "Slow.", code: "rate_limit_exceeded" } }, "rate_limit_error", "Slow."],
    [{ error: "plain" }, "api_error", "plain"],
  ])("a provider's error %j ends the stream as %s", (error, type, message) => {
    const text = openAiStream([chunk({ content: "Hel" }), error, chunk({ content: "lo" }), "[DONE]"]);
    const events = readEvents(toAnthropic(text));
    expect(events.at(-1)).toEqual({
      event: "error",
      data: { type: "error", error: { type, message }, request_id: "req_1" },
    });
    expect(events).toHaveLength(4);
  });

  test("text that is no JSON ends the stream with an error", () => {
    expect(readEvents(toAnthropic("data: <html>\n\n")).at(-1)).toMatchObject({ event: "error" });
  });
});
