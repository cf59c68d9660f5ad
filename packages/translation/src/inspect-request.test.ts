import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { inspectRequest } from "./inspect-request.ts";
import { utf8Length } from "./utf8-length.ts";

describe("utf8Length", () => {
  test("counts what an encoder writes", () => {
    const text = fc.oneof(
      fc.string({ unit: "binary" }),
      fc.array(fc.nat(0xffff)).map((units) => String.fromCharCode(...units)),
    );
    fc.assert(
      fc.property(text, (value) => {
        expect(utf8Length(value)).toBe(new TextEncoder().encode(value).length);
      }),
    );
  });
});

describe("inspectRequest", () => {
  test("floors each message by itself", () => {
    const messages = [
      { role: "user", content: "1234567" },
      { role: "user", content: "123456789" },
    ];
    expect(inspectRequest("openai-chat", { messages }).estimatedInputTokens).toBe(3);
    expect(inspectRequest("anthropic-messages", { messages }).estimatedInputTokens).toBe(3);
  });

  test("counts bytes, not characters", () => {
    const messages = [{ role: "user", content: "ääää" }];
    expect(inspectRequest("openai-chat", { messages }).estimatedInputTokens).toBe(2);
  });

  test("counts tool_calls in an Anthropic history as the tool_use blocks they will be", () => {
    const call = { id: "c", type: "function", function: { name: "f", arguments: '{"a": 1}' } };
    const messages = [{ role: "assistant", content: null, tool_calls: [call] }];
    expect(inspectRequest("anthropic-messages", { messages }).estimatedInputTokens).toBe(2);
  });

  test("adds the parts of one message up before it floors", () => {
    const part = { type: "text", text: "123" };
    const messages = [{ role: "user", content: [part, part, part, part] }];
    expect(inspectRequest("openai-chat", { messages }).estimatedInputTokens).toBe(3);
    expect(
      inspectRequest("anthropic-messages", { messages, system: [part, part, part] }).estimatedInputTokens,
    ).toBe(5);
  });

  test("counts tools, tool calls, tool results and images of an OpenAI request", () => {
    const tool = { type: "function", function: { name: "f" } };
    const body = {
      model: "gpt",
      stream: true,
      max_completion_tokens: 9,
      max_tokens: 8,
      tools: [tool],
      response_format: { type: "json_schema" },
      reasoning_effort: "low",
      messages: [
        { role: "user", content: [{ type: "image_url", image_url: { url: "x" } }] },
        {
          role: "assistant",
          tool_calls: [{ function: { arguments: "12345678" } }, { custom: { input: "1234" } }],
        },
        { role: "tool", content: "1234" },
        { role: "user", content: [{ type: "input_audio" }, { type: "file" }] },
      ],
    };
    expect(inspectRequest("openai-chat", body)).toEqual({
      model: "gpt",
      stream: true,
      estimatedInputTokens: Math.floor(JSON.stringify(tool).length / 4) + 1_024 + 2 + 1 + 1 + 1_000 + 3_000,
      maxOutputTokens: 9,
      needs: ["tools", "images", "structured_output", "reasoning"],
    });
  });

  test("counts tools, tool calls, tool results and images of an Anthropic request", () => {
    const tool = { name: "f", input_schema: { type: "object" } };
    const image = { type: "image", source: {} };
    const body = {
      model: "claude",
      max_tokens: 9,
      tools: [tool],
      thinking: { type: "enabled", budget_tokens: 1024 },
      output_config: { format: { type: "json_schema" } },
      system: "12345678",
      messages: [
        {
          role: "assistant",
          content: [
            { type: "tool_use", input: { a: "12" } },
            { type: "thinking", thinking: "1234" },
          ],
        },
        {
          role: "user",
          content: [{ type: "tool_result", content: [{ type: "text", text: "1234" }, image] }],
        },
        {
          role: "user",
          content: [
            { type: "tool_result", content: "1234" },
            { type: "document", source: { type: "base64" } },
          ],
        },
        { role: "user", content: [{ type: "document", source: { type: "text", data: "1234" } }] },
      ],
    };
    expect(inspectRequest("anthropic-messages", body)).toEqual({
      model: "claude",
      stream: false,
      estimatedInputTokens:
        Math.floor(JSON.stringify(tool).length / 4) + 2 + 2 + 1 + 1 + 1_024 + 1 + 3_000 + 1,
      maxOutputTokens: 9,
      needs: ["tools", "images", "structured_output", "reasoning"],
    });
  });

  test.each<["openai-chat" | "anthropic-messages", Record<string, unknown>, string[]]>([
    ["openai-chat", {}, []],
    ["openai-chat", { tools: [] }, []],
    ["openai-chat", { functions: [{ name: "f" }] }, ["tools"]],
    ["openai-chat", { response_format: { type: "json_object" } }, ["structured_output"]],
    ["openai-chat", { response_format: { type: "text" } }, []],
    ["openai-chat", { reasoning_effort: "none" }, []],
    ["openai-chat", { reasoning_effort: null }, []],
    ["openai-chat", { thinking: { type: "enabled" } }, ["reasoning"]],
    ["openai-chat", { thinking: { type: "disabled" } }, []],
    ["anthropic-messages", {}, []],
    ["anthropic-messages", { thinking: { type: "disabled" } }, []],
    ["anthropic-messages", { thinking: { type: "adaptive" } }, ["reasoning"]],
    ["anthropic-messages", { output_config: { effort: "low" } }, ["reasoning"]],
    ["anthropic-messages", { output_format: { type: "json_schema" } }, ["structured_output"]],
  ])("%s %j needs %j", (format, body, needs) => {
    expect(inspectRequest(format, body).needs).toEqual(needs);
  });

  test.each([
    ["a text", "12345678", 2],
    ["texts", ["1234567", "123456789"], 3],
    ["tokens", [1, 2, 3], 3],
    ["token lists", [[1, 2], [3]], 3],
  ])("estimates embeddings of %s", (_title, input, tokens) => {
    expect(inspectRequest("openai-embeddings", { model: "e", input })).toEqual({
      model: "e",
      stream: false,
      estimatedInputTokens: tokens,
      maxOutputTokens: null,
      needs: [],
    });
  });

  test("malformed bodies count nothing and throw nothing", () => {
    fc.assert(
      fc.property(
        fc.constantFrom("openai-chat", "anthropic-messages", "openai-embeddings"),
        fc.dictionary(
          fc.constantFrom(
            "messages",
            "tools",
            "system",
            "input",
            "model",
            "max_tokens",
            "response_format",
            "thinking",
          ),
          fc.jsonValue(),
        ),
        (format, body) => {
          const { estimatedInputTokens } = inspectRequest(format, body);
          expect(estimatedInputTokens).toBeGreaterThanOrEqual(0);
          expect(Number.isInteger(estimatedInputTokens)).toBe(true);
        },
      ),
    );
  });

  test("takes a word of 1 MB in less than 50 ms", () => {
    const body = { messages: [{ role: "user", content: "a".repeat(1_048_576) }] };
    inspectRequest("openai-chat", body);
    const times = Array.from({ length: 10 }, () => {
      const startedAt = performance.now();
      inspectRequest("openai-chat", body);
      return performance.now() - startedAt;
    });
    expect(Math.min(...times)).toBeLessThan(50);
  });
});
