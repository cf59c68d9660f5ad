import { describe, expect, test } from "vitest";
import { summariseResponse } from "./summarise-response.ts";

const noDetails = { cacheReadTokens: 0, cacheWriteTokens: 0, reasoningTokens: 0, source: "provider" };

describe("summariseResponse", () => {
  test("reads an OpenAI answer", () => {
    const body = {
      model: "gpt-up",
      choices: [{ message: { content: "x" }, finish_reason: "tool_calls" }],
      usage: { prompt_tokens: 3, completion_tokens: 4 },
    };
    expect(summariseResponse("openai-chat", body)).toEqual({
      usage: { inputTokens: 3, outputTokens: 4, ...noDetails },
      finishReason: { unified: "tool_calls", raw: "tool_calls" },
      upstreamModel: "gpt-up",
      isAnswer: true,
      isEmpty: false,
      estimatedOutputTokens: 0,
    });
  });

  test("reads an Anthropic answer", () => {
    const body = {
      model: "claude-up",
      content: [{ type: "text", text: "x" }],
      stop_reason: "pause_turn",
      usage: {
        input_tokens: 1,
        cache_read_input_tokens: 2,
        cache_creation_input_tokens: 3,
        output_tokens: 4,
      },
    };
    expect(summariseResponse("anthropic-messages", body)).toEqual({
      usage: { inputTokens: 6, outputTokens: 4, ...noDetails, cacheReadTokens: 2, cacheWriteTokens: 3 },
      finishReason: { unified: "pause", raw: "pause_turn" },
      upstreamModel: "claude-up",
      isAnswer: true,
      isEmpty: false,
      estimatedOutputTokens: 0,
    });
  });

  test("reads a response", () => {
    const message = { type: "message", content: [{ type: "output_text", text: "12345678" }] };
    const body = {
      model: "gpt-up",
      status: "incomplete",
      incomplete_details: { reason: "max_output_tokens" },
      output: [message],
      usage: {
        input_tokens: 3,
        input_tokens_details: { cached_tokens: 1 },
        output_tokens: 4,
        output_tokens_details: { reasoning_tokens: 2 },
      },
    };
    const answer = { upstreamModel: "gpt-up", isAnswer: true, isEmpty: false };
    expect(summariseResponse("openai-responses", body)).toEqual({
      ...answer,
      usage: { inputTokens: 3, outputTokens: 4, ...noDetails, cacheReadTokens: 1, reasoningTokens: 2 },
      finishReason: { unified: "length", raw: "max_output_tokens" },
      estimatedOutputTokens: 0,
    });
    const call = { type: "function_call", name: "f", arguments: "1234" };
    const reasoning = { type: "reasoning", summary: [{ type: "summary_text", text: "1234" }] };
    const uncounted = { model: "gpt-up", status: "completed", output: [reasoning, message, call] };
    expect(summariseResponse("openai-responses", uncounted)).toEqual({
      ...answer,
      usage: null,
      finishReason: { unified: "tool_calls", raw: "completed" },
      estimatedOutputTokens: 4,
    });
    const failed = { status: "failed", output: [], error: { message: "x" } };
    expect(summariseResponse("openai-responses", failed)).toMatchObject({ isAnswer: false, isEmpty: true });
  });

  test("reads an embeddings answer", () => {
    const body = { model: "e-up", data: [{ embedding: [1] }], usage: { prompt_tokens: 3, total_tokens: 3 } };
    expect(summariseResponse("openai-embeddings", body)).toEqual({
      usage: { inputTokens: 3, outputTokens: 0, ...noDetails },
      finishReason: null,
      upstreamModel: "e-up",
      isAnswer: true,
      isEmpty: false,
      estimatedOutputTokens: 0,
    });
  });

  test.each([
    ["openai-chat", {}],
    ["openai-chat", []],
    ["openai-chat", { choices: [] }],
    ["openai-chat", { choices: ["x"] }],
    ["openai-chat", { choices: [{ index: 0 }] }],
    ["openai-chat", { content: [{ type: "text", text: "x" }] }],
    ["anthropic-messages", {}],
    ["anthropic-messages", { content: null }],
    ["anthropic-messages", { choices: [{ message: { content: "x" } }] }],
    ["openai-embeddings", { data: null }],
    ["openai-embeddings", { choices: [{ message: { content: "x" } }] }],
  ] as const)("takes %s %j for no answer", (format, body) => {
    expect(summariseResponse(format, body).isAnswer).toBe(false);
  });

  test.each(["1e400", "1e300", "-5", "1.5", '"7"', "null"])(
    "makes a count of %s one that can be stored",
    (count) => {
      const text = `{"usage":{"prompt_tokens":0,"completion_tokens":${count},"input_tokens":0,"output_tokens":${count}}}`;
      for (const format of ["openai-chat", "anthropic-messages"] as const) {
        const outputTokens = summariseResponse(format, JSON.parse(text)).usage?.outputTokens ?? 0;
        expect(outputTokens).toSatisfy(Number.isSafeInteger);
        expect(outputTokens).toBeGreaterThanOrEqual(0);
      }
    },
  );

  test.each<["openai-chat" | "anthropic-messages", object, boolean]>([
    ["openai-chat", { choices: [{ message: { content: "" } }] }, true],
    ["openai-chat", { choices: [{ message: { content: null } }] }, true],
    ["openai-chat", { choices: [] }, true],
    ["openai-chat", { choices: [{ message: { content: null, tool_calls: [{}] } }] }, false],
    ["openai-chat", { choices: [{ message: { refusal: "No." } }] }, false],
    ["openai-chat", { choices: [{ message: { content: "" } }, { message: { content: "x" } }] }, false],
    ["anthropic-messages", { content: [] }, true],
    ["anthropic-messages", { content: [{ type: "text", text: "" }] }, true],
    ["anthropic-messages", { content: [{ type: "tool_use" }] }, false],
    ["anthropic-messages", { content: [{ type: "thinking", thinking: "x" }] }, false],
  ])("%s %j is empty: %s", (format, body, isEmpty) => {
    expect(summariseResponse(format, body).isEmpty).toBe(isEmpty);
  });

  test.each([null, 1, "x", [], {}, { choices: "x", content: 1, data: null, usage: [] }])(
    "a body of another shape (%j) is an empty answer, not a crash",
    (body) => {
      for (const format of ["openai-chat", "anthropic-messages", "openai-embeddings"] as const) {
        expect(summariseResponse(format, body)).toMatchObject({
          usage: null,
          finishReason: null,
          isEmpty: true,
        });
      }
    },
  );

  test("DeepSeek's name for cache hits is understood, nonsense counts are not", () => {
    const usage = { prompt_tokens: 9, completion_tokens: -1, prompt_cache_hit_tokens: 4 };
    expect(summariseResponse("openai-chat", { usage }).usage).toMatchObject({
      inputTokens: 9,
      outputTokens: 0,
      cacheReadTokens: 4,
    });
  });

  test.each<[Parameters<typeof summariseResponse>[0], object, string]>([
    ["openai-chat", { choices: [{ message: { role: "assistant", content: "Hello wörld" } }] }, "Hello wörld"],
    [
      "openai-chat",
      {
        choices: [
          {
            message: {
              content: [{ type: "text", text: "abc" }],
              reasoning_content: "Hm, let me see.",
              refusal: "No.",
              tool_calls: [
                { id: "call_123456789", type: "function", function: { name: "f", arguments: '{"a":1}' } },
                { id: "x", type: "custom", custom: { name: "g", input: "free text" } },
              ],
            },
          },
          { message: { content: "second choice" } },
        ],
      },
      'abcHm, let me see.No.{"a":1}free textsecond choice',
    ],
    [
      "openai-chat",
      {
        choices: [
          { message: { reasoning_details: [{ type: "reasoning.text", text: "Hm." }], content: "x" } },
        ],
      },
      "Hm.x",
    ],
    [
      "openai-completions",
      { choices: [{ text: "Once upon a time" }, { text: "twice" }] },
      "Once upon a timetwice",
    ],
    [
      "anthropic-messages",
      {
        content: [
          { type: "thinking", thinking: "Hm.", signature: "a long signature that nobody wrote" },
          { type: "text", text: "Hello" },
          { type: "tool_use", id: "toolu_1", name: "f", input: { a: [1, 2] } },
          { type: "tool_use", id: "toolu_2", name: "f", input: {} },
        ],
      },
      'Hm.Hello{"a":[1,2]}',
    ],
    ["openai-embeddings", { data: [{ embedding: [0.123_456, 0.654_321] }] }, ""],
  ])("an unmetered %s answer is estimated by what the model wrote: %#", (format, body, written) => {
    const estimate = Math.floor(new TextEncoder().encode(written).length / 4);
    expect(summariseResponse(format, body)).toMatchObject({
      usage: null,
      estimatedOutputTokens: estimate,
    });
  });

  test("what a provider counted is not estimated as well", () => {
    const usage = { prompt_tokens: 1, completion_tokens: 2 };
    const body = { choices: [{ message: { content: "x".repeat(400) } }], usage };
    expect(summariseResponse("openai-chat", body).estimatedOutputTokens).toBe(0);
  });

  test("input nested beyond what can be written counts nothing, and fails nothing", () => {
    const nested: unknown = JSON.parse('{"a":'.repeat(10_000) + "1" + "}".repeat(10_000));
    const body = {
      content: [
        { type: "tool_use", input: nested },
        { type: "text", text: "12345678" },
      ],
    };
    expect(summariseResponse("anthropic-messages", body).estimatedOutputTokens).toBe(2);
  });
});
