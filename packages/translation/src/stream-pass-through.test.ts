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
  usageChunk,
} from "./testing/streams.ts";
import { createStreamTranscoder, type StreamTranscoder } from "./stream-transcoder.ts";
import type { ChatFormatName } from "./wire-format.ts";

const usage = { prompt_tokens: 1, completion_tokens: 1 };

function passThrough(format: ChatFormatName, model: string, includeUsage = true): StreamTranscoder {
  const context = { requestId: "req_1", model, createdAtMs: 0 };
  return createStreamTranscoder({ from: format, to: format, context, includeUsage });
}

function pass(text: string, transcoder: StreamTranscoder): string {
  return transcoder.push(text) + transcoder.end();
}

describe("an OpenAI stream in its own format", () => {
  const text = openAiStream([
    chunk({ role: "assistant", content: "" }),
    chunk({ content: 'say "model":"x"' }),
    chunk({}, "stop"),
    usageChunk(usage),
    "[DONE]",
  ]);

  test("keeps every byte when model and usage are as the caller wants them", () => {
    const odd = `: hello\n\nid: 1\nevent: message\ndata:{"model" : "gpt-up", "x":1.0}\nretry: 5\n\n${text}`;
    expect(pass(odd, passThrough("openai-chat", "gpt-up"))).toBe(odd);
    const windows = odd.replaceAll("\n", "\r\n");
    expect(pass(windows, passThrough("openai-chat", "gpt-up"))).toBe(windows);
  });

  test("shows the model that the caller asked for and nothing else changed", () => {
    expect(pass(text, passThrough("openai-chat", "fast"))).toBe(text.replaceAll("gpt-up", "fast"));
  });

  test("is not misled by other members of that name, before, behind or inside", () => {
    const chunks = [
      { a: { model: "fast" }, model: "gpt-up", b: 1 },
      { a: { model: "fast" }, model: "gpt-up", b: { model: "x" } },
      { a: { model: "fast" }, model: "gpt-other" },
      { model: "gpt-up" },
      { model: "fast" },
      { b: 1 },
    ];
    const twice = '{"model":"gpt-up","model":"gpt-two"}';
    const expected = chunks.map((value) => ("model" in value ? { ...value, model: "fast" } : value));
    const known = { model: "gpt-up", b: 1 };
    expect(pass(openAiStream([...chunks, ...chunks, known, twice]), passThrough("openai-chat", "fast"))).toBe(
      openAiStream([...expected, ...expected, { model: "fast", b: 1 }, '{"model":"fast","model":"fast"}']),
    );
  });

  test("drops the usage chunk of a caller who did not ask for it", () => {
    const expected = openAiStream([
      chunk({ role: "assistant", content: "" }),
      chunk({ content: 'say "model":"x"' }),
      chunk({}, "stop"),
      "[DONE]",
    ]);
    expect(pass(text, passThrough("openai-chat", "gpt-up", false))).toBe(expected);
    expect(pass(text.replaceAll("\n", "\r\n"), passThrough("openai-chat", "gpt-up", false))).toBe(
      expected.replaceAll("\n", "\r\n"),
    );
  });

  test("keeps other chunks without choices, and usage that is null", () => {
    const filters = { ...usageChunk(usage), usage: null, prompt_filter_results: [{}] };
    const nulls = { ...chunk({ content: "a" }), usage: null };
    const kept = openAiStream([filters, nulls, chunk({}, "stop"), "[DONE]"]);
    expect(pass(kept, passThrough("openai-chat", "gpt-up", false))).toBe(kept);
  });

  test("edits data that is spread over several lines", () => {
    const spread = 'data: {"model":\ndata: "gpt-up",\ndata: "choices":[]}\n\n';
    expect(passThrough("openai-chat", "fast").push(spread)).toBe(
      'data: {"model":\ndata: "fast",\ndata: "choices":[]}\n\n',
    );
  });

  test("adds the end mark that some servers leave out", () => {
    const open = openAiStream([chunk({ content: "a" }), chunk({}, "stop")]);
    expect(pass(open, passThrough("openai-chat", "gpt-up"))).toBe(`${open}data: [DONE]\n\n`);
  });

  test("completes a last event whose blank line is missing, and drops half an event", () => {
    const whole = openAiStream([chunk({}, "stop"), "[DONE]"]);
    expect(pass(whole.trimEnd(), passThrough("openai-chat", "gpt-up"))).toBe(whole);
    expect(pass(`${whole}data: {"mod`, passThrough("openai-chat", "gpt-up"))).toBe(whole);
  });

  test("reports a failure behind whole events only", () => {
    const transcoder = passThrough("openai-chat", "gpt-up");
    const first = openAiStream([chunk({ content: "a" })]);
    expect(transcoder.push(`${first}data: {"id":"chatc`)).toBe(first);
    expect(transcoder.fail({ code: "stream_interrupted", message: "Broke." })).toBe(
      'data: {"error":{"message":"Broke.","type":"server_error","param":null,"code":"stream_interrupted"}}\n\n',
    );
    expect(transcoder.push(first) + transcoder.end()).toBe("");
  });
});

describe("an Anthropic stream in its own format", () => {
  const text = anthropicStream([
    messageStart(),
    { type: "ping" },
    blockStart(0, { type: "text", text: "" }),
    blockDelta(0, { type: "text_delta", text: 'say "model":"claude-up" and "message_stop"' }),
    blockStop(0),
    ...messageEnd("end_turn"),
  ]);

  test("keeps every byte when the model is the caller's", () => {
    const odd = text.replace('"ping"}', '"ping" }');
    expect(pass(odd, passThrough("anthropic-messages", "claude-up"))).toBe(odd);
  });

  test("shows the model that the caller asked for in message_start and nothing else changed", () => {
    expect(pass(text, passThrough("anthropic-messages", "smart"))).toBe(text.replace("claude-up", "smart"));
  });

  test("adds a missing message_stop, once the stop reason was sent", () => {
    const stop = 'event: message_stop\ndata: {"type":"message_stop"}\n\n';
    expect(pass(text.replace(stop, ""), passThrough("anthropic-messages", "claude-up"))).toBe(text);
    const cut = anthropicStream([messageStart()]);
    expect(pass(cut, passThrough("anthropic-messages", "claude-up"))).toBe(cut);
  });

  test("reports a failure with a named event", () => {
    const transcoder = passThrough("anthropic-messages", "claude-up");
    expect(transcoder.fail({ code: "provider_timeout", message: "Late." })).toBe(
      'event: error\ndata: {"type":"error","error":{"type":"timeout_error","message":"Late."},"request_id":"req_1"}\n\n',
    );
  });
});
