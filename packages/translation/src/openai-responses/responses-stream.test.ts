import { describe, expect, test } from "vitest";
import { accumulateAnthropic, accumulateOpenAi } from "../testing/accumulate.ts";
import {
  accumulateResponses,
  responsesStream,
  textItem,
  upstreamAnswer,
  upstreamResponse,
  upstreamUsage,
} from "../testing/responses-streams.ts";
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
import { createStreamSummary } from "../stream-summary.ts";
import { createSseParser } from "../sse-parser.ts";
import { createStreamTranscoder, type StreamTranscoder } from "../stream-transcoder.ts";
import type { ChatFormatName, ResponseContext } from "../wire-format.ts";

const context: ResponseContext = { requestId: "req_1", model: "fast", createdAtMs: 1_700_000_000_000 };

function transcoder(
  from: ChatFormatName,
  to: ChatFormatName,
  special: Partial<ResponseContext> = {},
): StreamTranscoder {
  return createStreamTranscoder({ from, to, context: { ...context, ...special }, includeUsage: true });
}

function through(source: string, from: ChatFormatName, to: ChatFormatName): string {
  const stream = transcoder(from, to);
  return stream.push(source) + stream.end();
}

const chatSource = openAiStream([
  chunk({ role: "assistant", content: "" }),
  chunk({ reasoning_content: "Hm." }),
  chunk({ content: "Hello " }),
  chunk({ content: "wörld 👋" }),
  chunk({
    tool_calls: [{ index: 0, id: "call_up", type: "function", function: { name: "f", arguments: "" } }],
  }),
  chunk({ tool_calls: [{ index: 0, function: { arguments: '{"a":' } }] }),
  chunk({ tool_calls: [{ index: 0, function: { arguments: "[1]}" } }] }),
  chunk({}, "tool_calls"),
  usageChunk({ prompt_tokens: 10, completion_tokens: 20, prompt_tokens_details: { cached_tokens: 5 } }),
  "[DONE]",
]);

const anthropicSource = anthropicStream([
  messageStart({ input_tokens: 5, cache_read_input_tokens: 5, output_tokens: 1 }),
  blockStart(0, { type: "thinking", thinking: "", signature: "" }),
  blockDelta(0, { type: "thinking_delta", thinking: "Hm." }),
  blockStop(0),
  blockStart(1, { type: "text", text: "" }),
  blockDelta(1, { type: "text_delta", text: "Hello " }),
  blockDelta(1, { type: "text_delta", text: "wörld 👋" }),
  blockStop(1),
  blockStart(2, { type: "tool_use", id: "call_up", name: "f", input: {} }),
  blockDelta(2, { type: "input_json_delta", partial_json: '{"a":' }),
  blockDelta(2, { type: "input_json_delta", partial_json: "[1]}" }),
  blockStop(2),
  ...messageEnd("tool_use"),
]);

const answer = [
  { type: "reasoning", summary: [{ type: "summary_text", text: "Hm." }] },
  { type: "message", content: [{ type: "output_text", text: "Hello wörld 👋" }] },
  { type: "function_call", call_id: "call_up", name: "f", arguments: '{"a":[1]}' },
];

describe.each([
  ["openai-chat", chatSource],
  ["anthropic-messages", anthropicSource],
  ["openai-responses", upstreamAnswer()],
] as const)("a stream from %s as Responses", (from, source) => {
  test("has reasoning, text, call and usage", () => {
    const { output, last } = accumulateResponses(through(source, from, "openai-responses"));
    expect(output).toMatchObject(answer);
    expect(last).toMatchObject({
      id: "resp_1",
      model: "fast",
      created_at: 1_700_000_000,
      status: "completed",
      output: answer,
      usage: {
        input_tokens: 10,
        input_tokens_details: { cached_tokens: 5 },
        output_tokens: 20,
        total_tokens: 30,
      },
    });
  });

  test("is the same however it is cut", () => {
    const whole = through(source, from, "openai-responses");
    for (let at = 0; at <= source.length; at += 1) {
      const stream = transcoder(from, "openai-responses");
      const cut = stream.push(source.slice(0, at)) + stream.push(source.slice(at)) + stream.end();
      expect(cut).toBe(whole);
    }
  });

  test("that breaks off anywhere ends in an error whose number follows", () => {
    for (let at = 0; at < source.length; at += 7) {
      const stream = transcoder(from, "openai-responses");
      const written = stream.push(source.slice(0, at));
      if (written.includes('"response.completed"')) break;
      const failed = stream.fail({ code: "stream_interrupted", message: "Broke." });
      const { types, last } = accumulateResponses(written + failed);
      expect(types.slice(-2)).toEqual(["error", "response.failed"]);
      expect(last).toMatchObject({ id: "resp_1", status: "failed", error: { code: "server_error" } });
    }
  });
});

describe("a stream of Responses", () => {
  test("as chat completions has reasoning, text, call, usage and finish reason", () => {
    const { message, finishReason, usage } = accumulateOpenAi(
      through(upstreamAnswer(), "openai-responses", "openai-chat"),
    );
    expect(message).toMatchObject({
      reasoning_content: "Hm.",
      content: "Hello wörld 👋",
      tool_calls: [{ id: "call_up", function: { name: "f", arguments: '{"a":[1]}' } }],
    });
    expect(finishReason).toBe("tool_calls");
    expect(usage).toMatchObject({ prompt_tokens: 10, completion_tokens_details: { reasoning_tokens: 3 } });
  });

  test("as messages has a block for each item", () => {
    const { content, end } = accumulateAnthropic(
      through(upstreamAnswer(), "openai-responses", "anthropic-messages"),
    );
    expect(content).toMatchObject([
      { type: "thinking", thinking: "Hm." },
      { type: "text", text: "Hello wörld 👋" },
      { type: "tool_use", id: "call_up", name: "f", input: { a: [1] } },
    ]);
    expect(end).toMatchObject({ stop_reason: "tool_use", usage: { output_tokens: 20 } });
  });

  test("without deltas is read from its whole items", () => {
    const source = responsesStream([
      { type: "response.created", response: upstreamResponse() },
      { type: "response.output_item.added", output_index: 0, item: textItem("") },
      { type: "response.output_item.done", output_index: 0, item: textItem("Hi") },
      {
        type: "response.incomplete",
        response: upstreamResponse({
          status: "incomplete",
          incomplete_details: { reason: "max_output_tokens" },
        }),
      },
    ]);
    const { message, finishReason } = accumulateOpenAi(through(source, "openai-responses", "openai-chat"));
    expect(message).toMatchObject({ content: "Hi" });
    expect(finishReason).toBe("length");
  });

  test.each([
    { type: "error", code: "rate_limit_exceeded", message: "Slow down.", param: null },
    {
      type: "response.failed",
      response: upstreamResponse({
        status: "failed",
        error: { code: "rate_limit_exceeded", message: "Slow down." },
      }),
    },
  ])("that ends in $type tells the error, and its summary sees it", (event) => {
    const source = responsesStream([{ type: "response.created", response: upstreamResponse() }, event]);
    const written = through(source, "openai-responses", "openai-chat");
    expect(written).toContain('"code":"provider_rate_limited"');
    expect(written).toContain("Slow down.");
    const summary = createStreamSummary("openai-responses");
    const seen = createSseParser()
      .push(source)
      .map((read) => summary.observe(read));
    expect(seen.at(-1)?.error).toMatchObject({ code: "rate_limit_exceeded" });
  });

  test("is summarised without being kept", () => {
    const summary = createStreamSummary("openai-responses");
    const seen = createSseParser()
      .push(upstreamAnswer())
      .map((event) => summary.observe(event));
    expect(seen.filter(({ hasContent }) => hasContent)).toHaveLength(6);
    expect(seen.map(({ isTerminal }) => isTerminal).indexOf(true)).toBe(seen.length - 1);
    expect(summary.result()).toEqual({
      usage: {
        inputTokens: 10,
        outputTokens: 20,
        cacheReadTokens: 5,
        cacheWriteTokens: 0,
        reasoningTokens: 3,
        source: "provider",
      },
      finishReason: { unified: "tool_calls", raw: "completed" },
      upstreamModel: "gpt-up",
      sawTerminal: true,
    });
  });
});

describe("a stream of Responses in its own format", () => {
  test("keeps every byte but what makes the response ours", () => {
    const requestBody = { store: true, background: true, previous_response_id: "resp_0" };
    const stream = transcoder("openai-responses", "openai-responses", { requestBody });
    const source = upstreamAnswer();
    const ours = source
      .replaceAll('"id":"resp_up"', '"id":"resp_1"')
      .replaceAll('"created_at":1,', '"created_at":1700000000,')
      .replaceAll('"model":"gpt-up"', '"model":"fast"')
      .replaceAll('"store":false', '"store":true');
    const added = ',"background":true,"previous_response_id":"resp_0"}';
    const written = stream.push(source) + stream.end();
    expect(written.replaceAll(added, "}")).toBe(ours);
    expect(written.split(added)).toHaveLength(4);
  });

  test("leaves text alone that looks like a response", () => {
    const delta = { type: "response.output_text.delta", delta: '"response":{"id":"x"}', output_index: 0 };
    const source = responsesStream([delta]);
    expect(through(source, "openai-responses", "openai-responses")).toBe(source);
  });
});

test("usage of a response is read exactly", () => {
  const source = responsesStream([
    { type: "response.completed", response: upstreamResponse({ status: "completed", usage: upstreamUsage }) },
  ]);
  const { last } = accumulateResponses(through(source, "openai-responses", "openai-responses"));
  expect(last["usage"]).toEqual(upstreamUsage);
});
