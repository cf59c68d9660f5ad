import { describe, expect, test } from "vitest";
import { mapResponseModel } from "./map-response-model.ts";

describe("mapResponseModel", () => {
  test("replaces the top-level model of an OpenAI body and nothing else", () => {
    const text = '{ "id":"x", "model" : "gpt-up", "choices":[{"message":{"model":"gpt-up"}}] }';
    expect(mapResponseModel("openai-chat", text, "fast")).toBe(
      '{ "id":"x", "model" : "fast", "choices":[{"message":{"model":"gpt-up"}}] }',
    );
  });

  test("replaces the model of an embeddings answer", () => {
    expect(mapResponseModel("openai-embeddings", '{"model":"up","data":[]}', "e")).toBe(
      '{"model":"e","data":[]}',
    );
  });

  test("replaces the model of an Anthropic body", () => {
    const text = '{"type":"message","model":"claude-up"}';
    expect(mapResponseModel("anthropic-messages", text, "c")).toBe('{"type":"message","model":"c"}');
  });

  test("replaces message.model in Anthropic's message_start", () => {
    const text = '{"type":"message_start","message":{"id":"m", "model":"claude-up","content":[]}}';
    expect(mapResponseModel("anthropic-messages", text, "c")).toBe(
      '{"type":"message_start","message":{"id":"m", "model":"c","content":[]}}',
    );
  });

  test("escapes the client's model id", () => {
    expect(mapResponseModel("openai-chat", '{"model":"a"}', 'q"x')).toBe('{"model":"q\\"x"}');
  });

  test.each([
    ["openai-chat", "[DONE]"],
    ["openai-chat", "no json"],
    ["openai-chat", '{"choices":[]}'],
    ["anthropic-messages", '{"type":"message_start"}'],
    ["anthropic-messages", '{"type":"content_block_delta","delta":{"model":"x"}}'],
  ] as const)("leaves %s text without a model as it is: %s", (format, text) => {
    expect(mapResponseModel(format, text, "c")).toBe(text);
  });
});
