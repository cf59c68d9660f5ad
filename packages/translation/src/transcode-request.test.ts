import { TokenHubError, type WireFormatName } from "@tokenhub/contracts";
import { describe, expect, test } from "vitest";
import { target } from "./testing/transcode.ts";
import { transcodeRequest } from "./transcode-request.ts";
import type { BuildTarget } from "./wire-format.ts";

/** The body text in the same format for another target. */
function adapt(format: WireFormatName, bodyText: string, special: Partial<BuildTarget> = {}): string {
  const result = transcodeRequest({ from: format, to: format, bodyText, target: { ...target, ...special } });
  expect(result.warnings).toEqual([]);
  return result.bodyText;
}

describe("transcodeRequest within one format", () => {
  test("changes the model and nothing else", () => {
    const text =
      '{ "model" : "fast", "messages":[ {"role":"user","content":"\\u00e4 1.0 "} ], "temperature": 1.0, "x_unknown":{"a" :1}}';
    for (const format of ["openai-chat", "anthropic-messages", "openai-embeddings"] as const) {
      expect(adapt(format, text)).toBe(text.replace('"fast"', '"upstream"'));
    }
  });

  test("changes no byte when the name is the same already", () => {
    const text = '{"model":"upstream","messages":[]}';
    expect(adapt("openai-chat", text)).toBe(text);
  });

  test("removes the member tokenhub", () => {
    expect(adapt("anthropic-messages", '{"tokenhub":{"mode":"cheap"}, "model":"upstream"}')).toBe(
      '{"model":"upstream"}',
    );
    expect(adapt("openai-embeddings", '{"model":"upstream","tokenhub":1}')).toBe('{"model":"upstream"}');
  });

  test.each<[string, string, string]>([
    [
      "is added",
      '{"model":"upstream","stream":true}',
      '{"model":"upstream","stream":true,"stream_options":{"include_usage":true}}',
    ],
    [
      "is set beside other options",
      '{"model":"upstream","stream":true,"stream_options": {"include_obfuscation":false} }',
      '{"model":"upstream","stream":true,"stream_options": {"include_obfuscation":false,"include_usage":true} }',
    ],
    [
      "is corrected",
      '{"model":"upstream","stream":true,"stream_options":{"include_usage":false}}',
      '{"model":"upstream","stream":true,"stream_options":{"include_usage":true}}',
    ],
    [
      "replaces null",
      '{"model":"upstream","stream":true,"stream_options":null}',
      '{"model":"upstream","stream":true,"stream_options":{"include_usage":true}}',
    ],
  ])("usage of an OpenAI stream %s", (_title, text, expected) => {
    expect(adapt("openai-chat", text, { stream: true })).toBe(expected);
  });

  test("an Anthropic stream needs no option", () => {
    const text = '{"model":"upstream","stream":true}';
    expect(adapt("anthropic-messages", text, { stream: true })).toBe(text);
  });

  test("a server that refuses the option is not sent it", () => {
    const text = '{"model":"upstream","stream":true}';
    expect(adapt("openai-chat", text, { stream: true, features: { streamUsage: false } })).toBe(text);
  });

  test("the target decides whether the answer streams", () => {
    expect(
      adapt("openai-chat", '{"model":"upstream","stream":true,"stream_options":{"include_usage":true}}'),
    ).toBe('{"model":"upstream","stream":false}');
    expect(adapt("anthropic-messages", '{"model":"upstream"}', { stream: true })).toBe(
      '{"model":"upstream","stream":true}',
    );
  });

  test.each(["", "[]", "{", '{"model":}'])("text %j is invalid JSON", (text) => {
    expect(() => adapt("openai-chat", text)).toThrow(expect.objectContaining({ code: "invalid_json" }));
  });
});

describe("transcodeRequest between formats", () => {
  test.each(["", "[]", "{"])("text %j is invalid JSON", (bodyText) => {
    const input = { from: "openai-chat", to: "anthropic-messages", bodyText, target } as const;
    expect(() => transcodeRequest(input)).toThrow(expect.objectContaining({ code: "invalid_json" }));
  });

  test("embeddings translate to nothing else", () => {
    const input = { from: "openai-embeddings", to: "openai-chat", bodyText: "{}", target } as const;
    expect(() => transcodeRequest(input)).toThrow(TokenHubError);
  });

  test("a body nested beyond all reason is an ordinary client error", () => {
    const deep = "[".repeat(100_000) + "]".repeat(100_000);
    const tool = `{"name":"f","input_schema":{"type":"object","x":${deep}}}`;
    const bodyText = `{"model":"m","max_tokens":1,"messages":[],"tools":[${tool}]}`;
    const input = { from: "anthropic-messages", to: "openai-chat", bodyText, target } as const;
    expect(() => transcodeRequest(input)).toThrow(expect.objectContaining({ code: "invalid_request" }));
  });

  test("members named like parts of an object's prototype do no harm", () => {
    const bodyText =
      '{"model":"m","max_tokens":1,"messages":[{"role":"user","content":"hi","__proto__":{"x":1}}],"__proto__":{"y":2},"constructor":1}';
    const result = transcodeRequest({ from: "anthropic-messages", to: "openai-chat", bodyText, target });
    expect(JSON.parse(result.bodyText)).toEqual({
      model: "upstream",
      messages: [{ role: "user", content: "hi" }],
      max_completion_tokens: 1,
    });
    expect(result.warnings).toHaveLength(3);
  });
});
