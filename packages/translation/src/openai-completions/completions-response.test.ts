import { describe, expect, test } from "vitest";
import { summariseResponse } from "../summarise-response.ts";
import { transcodeResponse } from "../transcode-response.ts";
import type { ChatFormatName, ResponseContext } from "../wire-format.ts";
import { readEchoedPrompt } from "./read-prompt.ts";

const context: ResponseContext = { requestId: "req_1", model: "fast", createdAtMs: 1_700_000_000_000 };

interface Direction {
  readonly from: ChatFormatName;
  readonly to: ChatFormatName;
  readonly context?: Partial<ResponseContext>;
}

function transcode(body: object, direction: Direction): Record<string, unknown> {
  const { from, to } = direction;
  const bodyText = JSON.stringify(body);
  const text = transcodeResponse({ from, to, bodyText, context: { ...context, ...direction.context } });
  return JSON.parse(text) as Record<string, unknown>;
}

const entries = [
  { token: "Hel", logprob: -0.1, bytes: [72], top_logprobs: [{ token: "Hel", logprob: -0.1, bytes: null }] },
  { token: "lo", logprob: -0.2, bytes: null, top_logprobs: [] },
];
const legacy = {
  tokens: ["Hel", "lo"],
  token_logprobs: [-0.1, -0.2],
  top_logprobs: [{ Hel: -0.1 }, {}],
  text_offset: [0, 3],
};

const chatAnswer = {
  id: "chatcmpl-up",
  object: "chat.completion",
  created: 1,
  model: "gpt-up",
  choices: [
    {
      index: 0,
      message: { role: "assistant", content: "Hello", reasoning_content: "Hm." },
      logprobs: { content: entries, refusal: null },
      finish_reason: "length",
    },
  ],
  usage: { prompt_tokens: 3, completion_tokens: 2, total_tokens: 5 },
};

const usage = {
  prompt_tokens: 3,
  completion_tokens: 2,
  total_tokens: 5,
  prompt_tokens_details: { cached_tokens: 0, cache_write_tokens: 0 },
  completion_tokens_details: { reasoning_tokens: 0 },
};

describe("an answer as text completion", () => {
  test("an OpenAI chat answer keeps text, log probabilities, finish reason and usage", () => {
    expect(transcode(chatAnswer, { from: "openai-chat", to: "openai-completions" })).toEqual({
      id: "cmpl-req_1",
      object: "text_completion",
      created: 1_700_000_000,
      model: "fast",
      choices: [{ text: "Hello", index: 0, logprobs: legacy, finish_reason: "length" }],
      usage,
    });
  });

  test("an Anthropic message keeps its text; thinking has no place", () => {
    const message = {
      type: "message",
      content: [
        { type: "thinking", thinking: "Hm.", signature: "s" },
        { type: "text", text: "Hel" },
        { type: "text", text: "lo" },
      ],
      stop_reason: "end_turn",
      usage: { input_tokens: 3, output_tokens: 2 },
    };
    expect(transcode(message, { from: "anthropic-messages", to: "openai-completions" })).toEqual({
      id: "cmpl-req_1",
      object: "text_completion",
      created: 1_700_000_000,
      model: "fast",
      choices: [{ text: "Hello", index: 0, logprobs: null, finish_reason: "stop" }],
      usage,
    });
  });

  test("an echoed prompt comes first, and the offsets count it", () => {
    const body = { prompt: ["Say: "], echo: true };
    const answer = transcode(chatAnswer, {
      from: "openai-chat",
      to: "openai-completions",
      context: { echoedPrompt: readEchoedPrompt(body) },
    });
    expect(answer["choices"]).toMatchObject([
      { text: "Say: Hello", logprobs: { tokens: ["Hel", "lo"], text_offset: [5, 8] } },
    ]);
  });

  test.each<[object, string | null]>([
    [{ prompt: "x", echo: true }, "x"],
    [{ prompt: "x", echo: false }, null],
    [{ prompt: "x" }, null],
    [{ prompt: ["a", "b"], echo: true }, null],
    [{ prompt: [1], echo: true }, null],
    [{ echo: true }, null],
  ])("the prompt to echo of %j is %j", (body, expected) => {
    expect(readEchoedPrompt(body as Record<string, unknown>)).toBe(expected);
  });

  test.each([
    ["stop", "stop"],
    ["length", "length"],
    ["content_filter", "content_filter"],
    ["tool_calls", "stop"],
    ["something_new", "stop"],
  ])("finish reason %s is %s", (raw, expected) => {
    const answer = { choices: [{ message: { content: "x" }, finish_reason: raw }] };
    const { choices } = transcode(answer, { from: "openai-chat", to: "openai-completions" });
    expect(choices).toMatchObject([{ finish_reason: expected }]);
  });

  test("a refusal is text", () => {
    const answer = { choices: [{ message: { content: null, refusal: "No." }, finish_reason: "stop" }] };
    const { choices } = transcode(answer, { from: "openai-chat", to: "openai-completions" });
    expect(choices).toMatchObject([{ text: "No." }]);
  });
});

describe("a native text completion", () => {
  const answer = {
    id: "cmpl-up",
    object: "text_completion",
    created: 1,
    model: "base-up",
    choices: [
      { text: "Hello", index: 0, logprobs: legacy, finish_reason: "stop" },
      { text: "Hi", index: 1, logprobs: null, finish_reason: "stop" },
    ],
    usage: { prompt_tokens: 3, completion_tokens: 2, total_tokens: 5 },
    x_own: [1],
  };

  test("passes through with all its choices; only the model is replaced", () => {
    const from = "openai-completions";
    expect(transcode(answer, { from, to: from })).toEqual({ ...answer, model: "fast" });
  });

  test("reads as a chat completion", () => {
    const chat = transcode(answer, { from: "openai-completions", to: "openai-chat" });
    expect(chat).toMatchObject({
      object: "chat.completion",
      choices: [{ message: { role: "assistant", content: "Hello" }, finish_reason: "stop" }],
      usage,
    });
    const [choice] = chat["choices"] as { logprobs: { content: object[] } }[];
    expect(choice?.logprobs.content).toEqual(
      entries.map(({ token, logprob, top_logprobs }) => ({ token, logprob, bytes: null, top_logprobs })),
    );
  });

  test("reads as an Anthropic message", () => {
    expect(transcode(answer, { from: "openai-completions", to: "anthropic-messages" })).toMatchObject({
      type: "message",
      content: [{ type: "text", text: "Hello" }],
      stop_reason: "end_turn",
      usage: { input_tokens: 3, output_tokens: 2 },
    });
  });

  test.each([{}, { choices: [] }, { choices: [{ message: { content: "x" } }] }, { error: "x" }, []])(
    "%j is none",
    (body) => {
      expect(() => transcode(body, { from: "openai-completions", to: "openai-chat" })).toThrow(
        expect.objectContaining({ code: "provider_bad_response" }),
      );
      expect(summariseResponse("openai-completions", body)).toMatchObject({ isAnswer: false, isEmpty: true });
    },
  );

  test("is summarised for accounting", () => {
    expect(summariseResponse("openai-completions", answer)).toEqual({
      usage: {
        inputTokens: 3,
        outputTokens: 2,
        cacheReadTokens: 0,
        cacheWriteTokens: 0,
        reasoningTokens: 0,
        source: "provider",
      },
      estimatedOutputTokens: 0,
      finishReason: { unified: "stop", raw: "stop" },
      upstreamModel: "base-up",
      isAnswer: true,
      isEmpty: false,
    });
  });
});
