import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { accumulateAnthropic, accumulateOpenAi } from "./testing/accumulate.ts";
import { answers, usages } from "./testing/arbitraries.ts";
import { cutText } from "./testing/cut-text.ts";
import { anthropicStream, chunk, openAiStream, usageChunk, type AnthropicEvent } from "./testing/streams.ts";
import { blockDelta, blockStart, blockStop, messageEnd, messageStart } from "./testing/streams.ts";
import type { AssistantBlock, CanonicalResponse } from "./canonical.ts";
import { formatAnthropicCounters } from "./anthropic-messages/convert-usage.ts";
import { encodeToolCallId } from "./anthropic-messages/tool-call-id.ts";
import { formatOpenAiUsage } from "./openai-chat/convert-usage.ts";
import { parseReasoningBlocks } from "./openai-chat/reasoning-details.ts";
import { createStreamTranscoder, type StreamTranscoder } from "./stream-transcoder.ts";
import { transcodeResponse } from "./transcode-response.ts";
import type { ChatFormatName } from "./wire-format.ts";
import { wireFormats } from "./wire-formats.ts";

const context = { requestId: "req_1", model: "fast", createdAtMs: 0 };

function transcoder(from: ChatFormatName, to: ChatFormatName): StreamTranscoder {
  return createStreamTranscoder({ from, to, context, includeUsage: true });
}

/** Pieces of a text, at least one, cut at the same relative places. */
function pieces(text: string, places: readonly number[]): string[] {
  return cutText(text, places).filter((piece) => piece !== "");
}

/** An answer as OpenAI streams it; calls that may interleave take turns. */
function asOpenAiStream(
  blocks: readonly AssistantBlock[],
  input: {
    readonly places: readonly number[];
    readonly interleaves: boolean;
    readonly end: readonly (object | string)[];
  },
): string {
  const chunks: object[] = [chunk({ role: "assistant" })];
  const callChunks: object[][] = [];
  let detail = 0;
  for (const block of blocks) {
    if (block.type === "reasoning") {
      const entry = { type: "reasoning.text", index: detail };
      for (const text of pieces(block.text, input.places))
        chunks.push(chunk({ reasoning_details: [{ ...entry, text }] }));
      chunks.push(chunk({ reasoning_details: [{ ...entry, signature: block.signature }] }));
      detail += 1;
    } else if (block.type === "redacted-reasoning") {
      chunks.push(
        chunk({ reasoning_details: [{ type: "reasoning.encrypted", index: detail, data: block.data }] }),
      );
      detail += 1;
    } else if (block.type === "text") {
      for (const content of pieces(block.text, input.places)) chunks.push(chunk({ content }));
    } else if (block.type === "tool-call") {
      const index = callChunks.length;
      const start = { index, id: block.id, type: "function", function: { name: block.name, arguments: "" } };
      const rest = pieces(block.arguments, input.places).map((text) => ({
        index,
        function: { arguments: text },
      }));
      callChunks.push([start, ...rest].map((call) => chunk({ tool_calls: [call] })));
    }
  }
  const longest = Math.max(0, ...callChunks.map((list) => list.length));
  const ordered = input.interleaves
    ? Array.from({ length: longest }, (_, turn) =>
        callChunks.flatMap((list) => list.slice(turn, turn + 1)),
      ).flat()
    : callChunks.flat();
  return openAiStream([...chunks, ...ordered, ...input.end]);
}

function asAnthropicStream(
  blocks: readonly AssistantBlock[],
  input: { readonly places: readonly number[]; readonly end: readonly AnthropicEvent[] },
): string {
  const events = blocks.flatMap((block, index): AnthropicEvent[] => {
    const deltas = (text: string, delta: (piece: string) => object): AnthropicEvent[] =>
      pieces(text, input.places).map((piece) => blockDelta(index, delta(piece)));
    switch (block.type) {
      case "text":
        return [
          blockStart(index, { type: "text", text: "" }),
          ...deltas(block.text, (text) => ({ type: "text_delta", text })),
          blockStop(index),
        ];
      case "reasoning":
        return [
          blockStart(index, { type: "thinking", thinking: "", signature: "" }),
          ...deltas(block.text, (thinking) => ({ type: "thinking_delta", thinking })),
          blockDelta(index, { type: "signature_delta", signature: block.signature }),
          blockStop(index),
        ];
      case "redacted-reasoning":
        return [blockStart(index, { type: "redacted_thinking", data: block.data }), blockStop(index)];
      case "tool-call": {
        const id = encodeToolCallId(block.id);
        return [
          blockStart(index, { type: "tool_use", id, name: block.name, input: {} }),
          ...deltas(block.arguments, (partial_json) => ({ type: "input_json_delta", partial_json })),
          blockStop(index),
        ];
      }
      case "refusal":
      case "native":
      case "image":
      case "document":
        return [];
    }
  });
  return anthropicStream([...events, ...input.end]);
}

const places = fc.array(fc.nat(), { maxLength: 6 });

function whole(format: ChatFormatName, content: AssistantBlock[], usage: CanonicalResponse["usage"]): string {
  const reason = content.some((block) => block.type === "tool-call") ? "tool_calls" : "stop";
  const response: CanonicalResponse = {
    id: null,
    model: "up",
    content,
    finish: { reason, raw: null, stopSequence: null, explanation: null },
    usage,
    serviceTier: null,
    logprobs: null,
    extras: { format, members: {} },
  };
  return JSON.stringify(wireFormats[format].buildResponse(response, context));
}

describe("a stream and a whole answer of the same content", () => {
  test("are the same for an Anthropic caller, however the provider interleaves its calls", () => {
    fc.assert(
      fc.property(answers, usages, places, fc.boolean(), (content, usage, cuts, interleaves) => {
        const finish = content.some((block) => block.type === "tool-call") ? "tool_calls" : "stop";
        const end = [chunk({}, finish), usageChunk(formatOpenAiUsage(usage)), "[DONE]"];
        const stream = transcoder("openai-chat", "anthropic-messages");
        const text = stream.push(asOpenAiStream(content, { places: cuts, interleaves, end })) + stream.end();
        const bodyText = whole("openai-chat", content, usage);
        const body = transcodeResponse({ from: "openai-chat", to: "anthropic-messages", bodyText, context });
        const expected = JSON.parse(body) as Record<string, unknown>;
        const accumulated = accumulateAnthropic(text);
        expect(accumulated.content).toEqual(expected["content"]);
        expect(accumulated.end["stop_reason"]).toBe(expected["stop_reason"]);
        expect(expected["usage"]).toMatchObject(accumulated.end["usage"] as object);
      }),
    );
  });

  test("are the same for an OpenAI caller", () => {
    fc.assert(
      fc.property(answers, usages, places, (content, usage, cuts) => {
        const stop = content.some((block) => block.type === "tool-call") ? "tool_use" : "end_turn";
        const counters = formatAnthropicCounters(usage);
        const end = messageEnd(stop, { ...counters, input_tokens: null });
        const body = asAnthropicStream(content, { places: cuts, end });
        const stream = transcoder("anthropic-messages", "openai-chat");
        const start = anthropicStream([messageStart({ ...counters, output_tokens: 1 })]);
        const text = stream.push(start + body) + stream.end();
        const bodyText = whole("anthropic-messages", content, usage);
        const answer = JSON.parse(
          transcodeResponse({ from: "anthropic-messages", to: "openai-chat", bodyText, context }),
        ) as { choices: { message: Record<string, unknown>; finish_reason: string }[]; usage: unknown };
        const [choice] = answer.choices;
        const { message, finishReason, usage: streamedUsage } = accumulateOpenAi(text);
        const expected = choice?.message ?? {};
        expect(message["content"] ?? "").toBe(expected["content"] ?? "");
        expect(message["reasoning_content"]).toBe(expected["reasoning_content"]);
        expect(message["tool_calls"]).toEqual(expected["tool_calls"]);
        expect(parseReasoningBlocks(message)).toEqual(parseReasoningBlocks(expected));
        expect(finishReason).toBe(choice?.finish_reason);
        expect(streamedUsage).toEqual(answer.usage);
      }),
    );
  });
});

describe.each([
  ["openai-chat", "openai-chat"],
  ["openai-chat", "anthropic-messages"],
  ["anthropic-messages", "openai-chat"],
  ["anthropic-messages", "anthropic-messages"],
] as const)("from %s to %s", (from, to) => {
  test("the text is the same, however the provider's text is cut", () => {
    const lineEnds = fc.constantFrom("\n", "\r\n", "\r");
    const usesUsage = fc.boolean();
    fc.assert(
      fc.property(
        answers,
        places,
        places,
        lineEnds,
        usesUsage,
        (content, cuts, textCuts, lineEnd, includeUsage) => {
          const end = [chunk({}, "stop"), usageChunk({ prompt_tokens: 1 }), "[DONE]"];
          const unix =
            from === "openai-chat"
              ? asOpenAiStream(content, { places: cuts, interleaves: true, end })
              : anthropicStream([messageStart()]) +
                asAnthropicStream(content, { places: cuts, end: messageEnd("end_turn") });
          const text = `: comment\n\n${unix}`.replaceAll("\n", lineEnd);
          const once = createStreamTranscoder({ from, to, context, includeUsage });
          const often = createStreamTranscoder({ from, to, context, includeUsage });
          const expected = once.push(text) + once.end();
          const pushed = cutText(text, textCuts).map((piece) => often.push(piece));
          expect(pushed.join("") + often.end()).toBe(expected);
          expect(pushed.filter((piece) => !/(?:^|[\r\n])$/.test(piece))).toEqual([]);
        },
      ),
    );
  });

  test("a stream cut anywhere, then failed, is whole events and one error event", () => {
    fc.assert(
      fc.property(answers, places, fc.nat(), (content, cuts, cut) => {
        const text =
          from === "openai-chat"
            ? asOpenAiStream(content, { places: cuts, interleaves: false, end: [] })
            : anthropicStream([messageStart()]) + asAnthropicStream(content, { places: cuts, end: [] });
        const stream = transcoder(from, to);
        const written = stream.push(text.slice(0, cut % (text.length + 1)));
        const error = stream.fail({ code: "stream_interrupted", message: "Broke." });
        expect(written === "" || written.endsWith("\n\n")).toBe(true);
        expect(error.match(/Broke\./g)).toHaveLength(1);
        for (const block of (written + error).split("\n\n").filter((event) => event !== "")) {
          expect(() => JSON.parse(/^data: ([^\n]*)$/m.exec(block)?.[1] ?? "")).not.toThrow();
        }
      }),
    );
  });
});
