import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createStreamSummary } from "../stream-summary.ts";
import { createStreamTranscoder, type StreamTranscoder } from "../stream-transcoder.ts";
import { accumulateAnthropic, accumulateOpenAi } from "../testing/accumulate.ts";
import { completionChunk, completionUsageChunk } from "../testing/completions.ts";
import { cutText } from "../testing/cut-text.ts";
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
} from "../testing/streams.ts";
import type { ChatFormatName, ResponseContext } from "../wire-format.ts";

const context: ResponseContext = { requestId: "req_1", model: "fast", createdAtMs: 1_700_000_000_000 };

interface Direction {
  readonly from: ChatFormatName;
  readonly to: ChatFormatName;
  readonly includeUsage?: boolean;
  readonly echoedPrompt?: string;
}

function transcoder({ from, to, includeUsage = false, echoedPrompt }: Direction): StreamTranscoder {
  const echoed = echoedPrompt === undefined ? {} : { echoedPrompt };
  return createStreamTranscoder({ from, to, context: { ...context, ...echoed }, includeUsage });
}

function transcode(text: string, direction: Direction): string {
  const stream = transcoder(direction);
  return stream.push(text) + stream.end();
}

const openAiSource = openAiStream([
  chunk({ role: "assistant", content: "" }),
  chunk({ reasoning_content: "Hm." }),
  chunk({ content: "Once" }),
  chunk({ content: " upon" }),
  chunk({}, "length"),
  usageChunk({ prompt_tokens: 3, completion_tokens: 2 }),
  "[DONE]",
]);
const anthropicSource = anthropicStream([
  messageStart({ input_tokens: 3, output_tokens: 1 }),
  blockStart(0, { type: "thinking", thinking: "", signature: "" }),
  blockDelta(0, { type: "thinking_delta", thinking: "Hm." }),
  blockStop(0),
  blockStart(1, { type: "text", text: "" }),
  blockDelta(1, { type: "text_delta", text: "Once" }),
  blockDelta(1, { type: "text_delta", text: " upon" }),
  blockStop(1),
  ...messageEnd("max_tokens", { output_tokens: 2 }),
]);
const nativeSource = openAiStream([
  completionChunk("Once"),
  completionChunk(" upon"),
  completionChunk("", "length"),
  completionUsageChunk({ prompt_tokens: 3, completion_tokens: 2 }),
  "[DONE]",
]);

const head = '{"id":"cmpl-req_1","object":"text_completion","created":1700000000,"model":"fast","choices":[';
function golden(pieces: readonly string[], reason: string): string {
  const choice = (text: string, finish: string): string =>
    `data: ${head}{"text":${JSON.stringify(text)},"index":0,"logprobs":null,"finish_reason":${finish}}]}\n\n`;
  return (
    pieces.map((piece) => choice(piece, "null")).join("") + choice("", `"${reason}"`) + "data: [DONE]\n\n"
  );
}

describe("a stream as text completion chunks", () => {
  test.each([
    ["openai-chat", openAiSource],
    ["anthropic-messages", anthropicSource],
  ] as const)("from %s: text only, one finish chunk, [DONE]", (from, source) => {
    expect(transcode(source, { from, to: "openai-completions" })).toBe(golden(["Once", " upon"], "length"));
  });

  test.each([
    ["openai-chat", openAiSource],
    ["anthropic-messages", anthropicSource],
  ] as const)("from %s: an echoed prompt comes first, once", (from, source) => {
    const text = transcode(source, { from, to: "openai-completions", echoedPrompt: "Say: " });
    expect(text).toBe(golden(["Say: ", "Once", " upon"], "length"));
  });

  test("the prompt is echoed even when the model says nothing", () => {
    const direction = { from: "openai-chat", to: "openai-completions", echoedPrompt: "Say: " } as const;
    expect(transcode(openAiStream([chunk({}, "stop"), "[DONE]"]), direction)).toBe(golden(["Say: "], "stop"));
  });

  test("usage is reported at the end when it was asked for", () => {
    const direction = { from: "anthropic-messages", to: "openai-completions", includeUsage: true } as const;
    const events = transcode(anthropicSource, direction).split("\n\n");
    expect(events.slice(0, -3).every((event) => event.endsWith('"usage":null}'))).toBe(true);
    expect(events.at(-3)).toContain('"choices":[],"usage":{"prompt_tokens":3,"completion_tokens":2,');
  });

  test("log probabilities travel with their text", () => {
    const entry = (token: string): object => ({
      token,
      logprob: -1,
      top_logprobs: [{ token: "x", logprob: -2 }],
    });
    const withLogprobs = (text: string): object => ({
      choices: [{ index: 0, delta: { content: text }, logprobs: { content: [entry(text)] } }],
    });
    const source = openAiStream([
      withLogprobs("ab"),
      withLogprobs(""),
      withLogprobs("c"),
      chunk({}, "stop"),
      "[DONE]",
    ]);
    const text = transcode(source, { from: "openai-chat", to: "openai-completions", echoedPrompt: "12345" });
    const logprobs = [...text.matchAll(/"logprobs":(\{.*?\]\})/g)].map((match) => match[1]);
    expect(logprobs).toEqual([
      '{"tokens":["ab"],"token_logprobs":[-1],"top_logprobs":[{"x":-2}],"text_offset":[5]}',
      '{"tokens":["","c"],"token_logprobs":[-1,-1],"top_logprobs":[{"x":-2},{"x":-2}],"text_offset":[7,7]}',
    ]);
  });

  test("a failure is the format's error event, after which nothing follows", () => {
    const stream = transcoder({ from: "openai-chat", to: "openai-completions" });
    stream.push(openAiSource.slice(0, 600));
    const text = stream.fail({ code: "stream_interrupted", message: "Broke." });
    expect(text).toMatch(/^data: \{"error":\{"message":"Broke."/);
    expect(stream.end()).toBe("");
  });

  test("gives the same text however the stream is cut", () => {
    fc.assert(
      fc.property(
        fc.constantFrom<[ChatFormatName, string]>(
          ["openai-chat", openAiSource],
          ["anthropic-messages", anthropicSource],
          ["openai-completions", nativeSource],
        ),
        fc.array(fc.nat(), { maxLength: 6 }),
        ([from, source], places) => {
          const direction = { from, to: "openai-completions" } as const;
          const stream = transcoder(direction);
          const cut = cutText(source, places).map((piece) => stream.push(piece));
          expect(cut.join("") + stream.end()).toBe(transcode(source, direction));
        },
      ),
    );
  });
});

describe("a native text completion stream", () => {
  test("passes through unchanged apart from the model and the usage nobody asked for", () => {
    const direction = { from: "openai-completions", to: "openai-completions" } as const;
    const expected = nativeSource.replaceAll('"base-up"', '"fast"');
    expect(transcode(nativeSource, { ...direction, includeUsage: true })).toBe(expected);
    const usageEvent = /data: [^\n]*"choices":\[\],[^\n]*\n\n/;
    expect(transcode(nativeSource, direction)).toBe(expected.replace(usageEvent, ""));
  });

  test("does not echo a second time what its provider echoes", () => {
    const from = "openai-completions";
    expect(transcode(nativeSource, { from, to: from, echoedPrompt: "Say: " })).not.toContain("Say: ");
  });

  test("is given the [DONE] that its provider left out", () => {
    const from = "openai-completions";
    const source = openAiStream([completionChunk("x"), completionChunk("", "stop")]);
    expect(transcode(source, { from, to: from })).toMatch(/data: \[DONE\]\n\n$/);
  });

  test("reads as a chat completion stream and as Anthropic events", () => {
    const chat = accumulateOpenAi(
      transcode(nativeSource, { from: "openai-completions", to: "openai-chat", includeUsage: true }),
    );
    expect(chat).toMatchObject({
      message: { content: "Once upon" },
      finishReason: "length",
      usage: { total_tokens: 5 },
    });
    const message = accumulateAnthropic(
      transcode(nativeSource, { from: "openai-completions", to: "anthropic-messages" }),
    );
    expect(message.content).toMatchObject([{ type: "text", text: "Once upon" }]);
    expect(message.end).toMatchObject({ stop_reason: "max_tokens", usage: { output_tokens: 2 } });
  });

  test("keeps its log probabilities in a chat stream", () => {
    const logprobs = { tokens: ["a"], token_logprobs: [-1], top_logprobs: [{ b: -2 }], text_offset: [0] };
    const choices = [{ text: "a", index: 0, logprobs, finish_reason: null }];
    const source = openAiStream([{ choices }, completionChunk("", "stop"), "[DONE]"]);
    const text = transcode(source, { from: "openai-completions", to: "openai-chat" });
    const entry = { token: "a", logprob: -1, bytes: null };
    const alternative = { token: "b", logprob: -2, bytes: null };
    const expected = { content: [{ ...entry, top_logprobs: [alternative] }], refusal: null };
    expect(text).toContain(`"delta":{"content":"a"},"logprobs":${JSON.stringify(expected)}`);
  });

  test("is summarised for accounting", () => {
    const summary = createStreamSummary("openai-completions");
    const observed = [
      summary.observe({ event: null, data: JSON.stringify(completionChunk("")) }),
      summary.observe({ event: null, data: JSON.stringify(completionChunk("Once")) }),
      summary.observe({ event: null, data: JSON.stringify(completionChunk("", "stop")) }),
      summary.observe({ event: null, data: "[DONE]" }),
    ];
    expect(observed.map(({ hasContent, isTerminal }) => [hasContent, isTerminal])).toEqual([
      [false, false],
      [true, false],
      [false, false],
      [false, true],
    ]);
    expect(summary.result()).toEqual({
      usage: null,
      finishReason: { unified: "stop", raw: "stop" },
      upstreamModel: "base-up",
      sawTerminal: true,
    });
  });

  test("tells of an error inside it", () => {
    const summary = createStreamSummary("openai-completions");
    const data = '{"error":{"message":"Slow down.","code":"429"}}';
    expect(summary.observe({ event: null, data }).error).toMatchObject({ message: "Slow down." });
    expect(transcode(`data: ${data}\n\n`, { from: "openai-completions", to: "openai-chat" })).toContain(
      "provider_rate_limited",
    );
  });
});
