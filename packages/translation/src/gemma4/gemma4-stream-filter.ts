import { encodeSseEvent } from "../encode-sse-event.ts";
import { listOf, objectOf, objectsOf, parseJson, textOf, type JsonObject } from "../json-value.ts";
import { readOpenAiError } from "../provider-stream-error.ts";
import { isWholeData } from "../sse-block.ts";
import type { SseFilter } from "../sse-filter.ts";
import { createSseParser } from "../sse-parser.ts";
import type { SseEvent } from "../wire-format.ts";
import { gemma4CallIdPrefix } from "./gemma4-response.ts";
import type { Gemma4Parser } from "./gemma4-reading.ts";

/**
 * A chat completion stream of a model that writes thoughts and tool calls as tokens into its text. Its text is held back
 * until the answer is complete and then written as chunks: role, `reasoning_content`, content, tool calls, finish reason,
 * usage, `[DONE]`, per choice in that order. A stream that ends early has said nothing, so that another provider can be
 * asked instead; an error the provider reports is passed on at once.
 */
export function createGemma4StreamFilter(parse: Gemma4Parser): SseFilter {
  const sse = createSseParser();
  const choices = new Map<number, HeldChoice>();
  let head: JsonObject | null = null;
  let usage: JsonObject | null = null;
  let isClosed = false;

  const hold = (chunk: JsonObject): void => {
    if (head === null) {
      const { choices: _choices, usage: _usage, ...rest } = chunk;
      head = rest;
    }
    usage = objectOf(chunk["usage"]) ?? usage;
    for (const choice of objectsOf(chunk["choices"])) {
      const index = typeof choice["index"] === "number" ? choice["index"] : 0;
      const held = choices.get(index) ?? { text: "", reasoning: "", calls: [], finishReason: null };
      choices.set(index, held);
      const delta = objectOf(choice["delta"]);
      held.text += textOf(delta?.["content"]) ?? "";
      held.reasoning += textOf(delta?.["reasoning_content"]) ?? "";
      held.calls.push(...listOf(delta?.["tool_calls"]));
      held.finishReason = textOf(choice["finish_reason"]) ?? held.finishReason;
    }
  };
  const release = (): string => {
    const start = head ?? {};
    const idPrefix = gemma4CallIdPrefix(start);
    const ordered = [...choices].toSorted(([a], [b]) => a - b);
    const chunks = ordered.flatMap(([index, held]) =>
      chunksOf(held, { index, parse, idPrefix: `${idPrefix}_${index}` }),
    );
    const texts = chunks.map((choice) => event(JSON.stringify({ ...start, choices: [choice] })));
    if (usage !== null) texts.push(event(JSON.stringify({ ...start, choices: [], usage })));
    return texts.join("");
  };
  const take = (events: readonly SseEvent[]): string => {
    let text = "";
    for (const received of events) {
      if (isClosed) break;
      const chunk = objectOf(parseJson(received.data));
      if (received.data === "[DONE]") {
        isClosed = true;
        text += release() + event("[DONE]");
      } else if (chunk === null || readOpenAiError(chunk, received.event) !== null) {
        isClosed = true;
        text += encodeSseEvent(received);
      } else hold(chunk);
    }
    return text;
  };
  return {
    push: (text) => take(sse.push(text)),
    end: () => {
      const rest = sse.hasLeftover ? sse.end().filter(({ data }) => isWholeData(data)) : [];
      const text = take(rest);
      const isComplete =
        choices.size > 0 && [...choices.values()].every((held) => held.finishReason !== null);
      if (isClosed || !isComplete) return text;
      isClosed = true;
      return text + release();
    },
  };
}

interface HeldChoice {
  text: string;
  reasoning: string;
  /** Tool call deltas that came as such. */
  readonly calls: unknown[];
  finishReason: string | null;
}

interface ChoiceInput {
  readonly index: number;
  readonly parse: Gemma4Parser;
  readonly idPrefix: string;
}

function chunksOf(held: HeldChoice, { index, parse, idPrefix }: ChoiceInput): JsonObject[] {
  const reading = parse(held.text);
  const reasoning = held.reasoning + reading.reasoning;
  const firstIndex = held.calls.length === 0 ? 0 : highestIndex(held.calls) + 1;
  const calls = reading.toolCalls.map((call, position) => ({
    index: firstIndex + position,
    id: `${idPrefix}_${position}`,
    type: "function",
    function: { name: call.name, arguments: call.arguments },
  }));
  const deltas: JsonObject[] = [{ role: "assistant", content: "" }];
  if (reasoning !== "") deltas.push({ reasoning_content: reasoning });
  if (reading.content !== "") deltas.push({ content: reading.content });
  for (const call of [...held.calls, ...calls]) deltas.push({ tool_calls: [call] });
  const finishReason = calls.length > 0 ? "tool_calls" : held.finishReason;
  return [
    ...deltas.map((delta) => ({ index, delta, finish_reason: null })),
    ...(finishReason === null ? [] : [{ index, delta: {}, finish_reason: finishReason }]),
  ];
}

function highestIndex(calls: readonly unknown[]): number {
  return Math.max(...calls.map((call) => Number(objectOf(call)?.["index"] ?? 0)));
}

function event(data: string): string {
  return encodeSseEvent({ event: null, data });
}
