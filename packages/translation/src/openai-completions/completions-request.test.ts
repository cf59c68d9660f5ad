import { openAiCompletionsRequestSchema } from "@tokenhub/contracts/api";
import { describe, expect, test } from "vitest";
import { inspectRequest } from "../inspect-request.ts";
import { target } from "../testing/transcode.ts";
import { transcodeRequest } from "../transcode-request.ts";
import type { BuildTarget, ChatFormatName } from "../wire-format.ts";

interface Direction {
  readonly from?: ChatFormatName;
  readonly to: ChatFormatName;
  readonly special?: Partial<BuildTarget>;
}

function transcode(body: object, { from = "openai-completions", to, special }: Direction) {
  const result = transcodeRequest({
    from,
    to,
    bodyText: JSON.stringify(body),
    target: { ...target, ...special },
  });
  return { body: JSON.parse(result.bodyText) as Record<string, unknown>, warnings: result.warnings };
}

/** Every member of the official reference, with a value that says something. */
const everything = {
  model: "fast",
  prompt: "Once upon a time",
  suffix: "The end.",
  max_tokens: 200,
  temperature: 0.8,
  top_p: 0.9,
  n: 2,
  best_of: 3,
  stream: false,
  logprobs: 2,
  echo: true,
  stop: ["\n\n", "END"],
  presence_penalty: 0.1,
  frequency_penalty: 0.2,
  logit_bias: { "50256": -100 },
  seed: 7,
  user: "user-1",
};

describe("a text completion for a chat model", () => {
  test("S4-11: the prompt becomes one user message, max_tokens and temperature go along", () => {
    const example = {
      model: "gpt-4",
      prompt: "Explain quantum computing in simple terms.",
      max_tokens: 200,
      temperature: 0.8,
    };
    expect(transcode(example, { to: "openai-chat" })).toEqual({
      body: {
        model: "upstream",
        messages: [{ role: "user", content: "Explain quantum computing in simple terms." }],
        max_completion_tokens: 200,
        temperature: 0.8,
      },
      warnings: [],
    });
    expect(transcode(example, { to: "anthropic-messages" })).toEqual({
      body: {
        model: "upstream",
        messages: [{ role: "user", content: "Explain quantum computing in simple terms." }],
        max_tokens: 200,
        temperature: 0.8,
      },
      warnings: [],
    });
  });

  test("everything that chat can say is said, the rest is reported", () => {
    const { body, warnings } = transcode(everything, { to: "openai-chat" });
    expect(body).toEqual({
      model: "upstream",
      messages: [{ role: "user", content: "Once upon a time" }],
      max_completion_tokens: 200,
      temperature: 0.8,
      top_p: 0.9,
      seed: 7,
      frequency_penalty: 0.2,
      presence_penalty: 0.1,
      logit_bias: { "50256": -100 },
      logprobs: true,
      top_logprobs: 2,
      stop: ["\n\n", "END"],
      user: "user-1",
    });
    expect(warnings).toEqual([
      "`n` cannot be expressed in openai-chat and was left out.",
      "`suffix` cannot be expressed in openai-chat and was left out.",
      "`best_of` cannot be expressed in openai-chat and was left out.",
    ]);
  });

  test("Anthropic's builder reports log probabilities, suffix and best_of, and what else it lacks", () => {
    const { body, warnings } = transcode(everything, { to: "anthropic-messages" });
    expect(body).toEqual({
      model: "upstream",
      max_tokens: 200,
      messages: [{ role: "user", content: "Once upon a time" }],
      temperature: 0.8,
      top_p: 0.9,
      stop_sequences: ["END"],
      metadata: { user_id: "user-1" },
    });
    const reported = warnings.map((warning) => /`(\w+)`/.exec(warning)?.[1]);
    for (const name of ["logprobs", "top_logprobs", "suffix", "best_of", "n", "seed", "logit_bias"]) {
      expect(reported).toContain(name);
    }
  });

  test("values that restate a default are no loss", () => {
    const body = { prompt: "x", n: 1, best_of: 1, suffix: "", echo: false, logprobs: null, stop: null };
    for (const to of ["openai-chat", "anthropic-messages"] as const) {
      expect(transcode(body, { to }).warnings).toEqual([]);
    }
  });

  test("no limit of its own is made up: the provider's default applies", () => {
    expect(transcode({ prompt: "x" }, { to: "openai-chat" }).body).toEqual({
      model: "upstream",
      messages: [{ role: "user", content: "x" }],
    });
  });

  test("a list of one text is one text", () => {
    const { body } = transcode({ prompt: ["x"] }, { to: "openai-chat" });
    expect(body["messages"]).toEqual([{ role: "user", content: "x" }]);
  });

  test("a stream asks for usage, whatever the caller said", () => {
    const { body } = transcode(
      { prompt: "x", stream: true },
      { to: "openai-chat", special: { stream: true } },
    );
    expect(body).toMatchObject({ stream: true, stream_options: { include_usage: true } });
  });

  test.each<[string, object, string]>([
    ["several prompts", { prompt: ["a", "b"] }, "prompt"],
    ["token ids", { prompt: [1, 2] }, "prompt"],
    ["lists of token ids", { prompt: [[1, 2]] }, "prompt"],
    ["no prompt", {}, "prompt"],
    ["an empty prompt", { prompt: "" }, "prompt"],
    ["an empty list", { prompt: [] }, "prompt"],
    ["max_tokens 0", { prompt: "x", max_tokens: 0 }, "max_tokens"],
  ])("refuses %s with a clear 400", (_title, body, param) => {
    for (const to of ["openai-chat", "anthropic-messages"] as const) {
      expect(() => transcode(body, { to })).toThrow(
        expect.objectContaining({ code: "invalid_request", param }),
      );
    }
  });
});

describe("a text completion for a provider of its own format", () => {
  test("changes the model and nothing else", () => {
    const text = '{ "model":"fast", "prompt": ["a", "b"], "best_of":2, "x_unknown": 1.0 }';
    const from = "openai-completions";
    const result = transcodeRequest({ from, to: from, bodyText: text, target });
    expect(result).toEqual({ bodyText: text.replace('"fast"', '"upstream"'), warnings: [] });
  });

  test("asks a stream for usage", () => {
    const from = "openai-completions";
    const bodyText = '{"model":"upstream","prompt":"x","stream":true}';
    const result = transcodeRequest({ from, to: from, bodyText, target: { ...target, stream: true } });
    expect(result.bodyText).toBe(
      '{"model":"upstream","prompt":"x","stream":true,"stream_options":{"include_usage":true}}',
    );
  });
});

describe("a chat request for a model that only completes text", () => {
  test("a single user message is the prompt, unchanged", () => {
    const chat = { messages: [{ role: "user", content: " Once\n" }], max_tokens: 5, stop: "x", user: "u" };
    expect(transcode(chat, { from: "openai-chat", to: "openai-completions" })).toEqual({
      body: { model: "upstream", prompt: " Once\n", max_tokens: 5, stop: ["x"], user: "u" },
      warnings: [],
    });
  });

  test("a conversation becomes a transcript that ends where the model goes on", () => {
    const chat = {
      system: "Be brief.",
      max_tokens: 5,
      messages: [
        { role: "user", content: "Hi" },
        { role: "assistant", content: "Hello!" },
        { role: "user", content: "Who are you?" },
      ],
    };
    const { body, warnings } = transcode(chat, { from: "anthropic-messages", to: "openai-completions" });
    expect(body["prompt"]).toBe(
      "System: Be brief.\n\nUser: Hi\n\nAssistant: Hello!\n\nUser: Who are you?\n\nAssistant:",
    );
    expect(body["stop"]).toEqual(["\nUser:"]);
    expect(warnings).toHaveLength(1);
  });

  test("a last assistant message is continued", () => {
    const messages = [
      { role: "user", content: "Hi" },
      { role: "assistant", content: "Well," },
    ];
    const { body } = transcode({ messages }, { from: "openai-chat", to: "openai-completions" });
    expect(body["prompt"]).toBe("User: Hi\n\nAssistant: Well,");
  });

  test("what text cannot say is reported", () => {
    const image = { type: "image_url", image_url: { url: "https://example.com/a.png" } };
    const { body, warnings } = transcode(
      {
        messages: [{ role: "user", content: [{ type: "text", text: "What is this?" }, image] }],
        tools: [{ type: "function", function: { name: "f" } }],
        response_format: { type: "json_object" },
        reasoning_effort: "high",
        top_logprobs: 20,
        logprobs: true,
        n: 3,
        store: true,
      },
      { from: "openai-chat", to: "openai-completions" },
    );
    expect(body).toEqual({ model: "upstream", prompt: "What is this?", logprobs: 5 });
    const reported = warnings.map((warning) => /`(\w+)`/.exec(warning)?.[1]);
    expect(new Set(reported)).toEqual(
      new Set(["image", "n", "reasoning_effort", "response_format", "store", "tools", "top_logprobs"]),
    );
  });
});

describe("inspectRequest of a text completion", () => {
  test("S4-11: counts floor(bytes / 4) per prompt and reads the limit", () => {
    const body = { model: "gpt-4", prompt: "Explain quantum computing in simple terms.", max_tokens: 200 };
    expect(inspectRequest("openai-completions", body)).toEqual({
      model: "gpt-4",
      stream: false,
      estimatedInputTokens: 10,
      maxOutputTokens: 200,
      needs: [],
    });
  });

  test("adds several prompts and the suffix", () => {
    const body = { prompt: ["12345678", "123", "äöü12"], suffix: "1234", stream: true };
    expect(inspectRequest("openai-completions", body)).toMatchObject({
      model: null,
      stream: true,
      estimatedInputTokens: 2 + 0 + 2 + 1,
      maxOutputTokens: null,
    });
  });
});

describe("openAiCompletionsRequestSchema", () => {
  test("takes every member of the official reference", () => {
    expect(openAiCompletionsRequestSchema.parse({ ...everything, stream_options: {} })).toMatchObject(
      everything,
    );
    expect(openAiCompletionsRequestSchema.safeParse({ prompt: ["a", "b"], x_unknown: 1 }).success).toBe(true);
  });

  test.each<[object, string]>([
    [{}, "must be a text or a list of texts"],
    [{ prompt: null }, "must be a text or a list of texts"],
    [{ prompt: 5 }, "must be a text or a list of texts"],
  ])("refuses %j as no prompt", (body, message) => {
    const { error } = openAiCompletionsRequestSchema.safeParse(body);
    expect(error?.issues[0]).toMatchObject({ path: ["prompt"], message });
  });

  test.each([[[1, 2, 3]], [[[1, 2], [3]]]])("says of token ids %j that they are not accepted", (prompt) => {
    const { error } = openAiCompletionsRequestSchema.safeParse({ prompt });
    expect(JSON.stringify(error?.issues)).toContain("lists of token ids are not accepted");
  });

  test.each([
    { max_tokens: -1 },
    { temperature: 3 },
    { n: 0 },
    { best_of: 0 },
    { logprobs: 21 },
    { logprobs: true },
    { echo: "yes" },
    { stop: 1 },
  ])("refuses %j", (member) => {
    expect(openAiCompletionsRequestSchema.safeParse({ prompt: "x", ...member }).success).toBe(false);
  });
});
