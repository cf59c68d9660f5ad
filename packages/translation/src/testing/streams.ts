import { encodeSseEvent } from "../encode-sse-event.ts";

/** OpenAI stream text of these chunks (objects) and raw data (strings). */
export function openAiStream(chunks: readonly (object | string)[]): string {
  return chunks
    .map((chunk) => (typeof chunk === "string" ? chunk : JSON.stringify(chunk)))
    .map((data) => encodeSseEvent({ event: null, data }))
    .join("");
}

/** An OpenAI chunk with this delta in its first choice. */
export function chunk(delta: object, finishReason: string | null = null): object {
  return {
    id: "chatcmpl-up",
    object: "chat.completion.chunk",
    created: 1,
    model: "gpt-up",
    choices: [{ index: 0, delta, finish_reason: finishReason }],
  };
}

export function usageChunk(usage: object): object {
  return {
    id: "chatcmpl-up",
    object: "chat.completion.chunk",
    created: 1,
    model: "gpt-up",
    choices: [],
    usage,
  };
}

export interface AnthropicEvent {
  readonly type: string;
  readonly [member: string]: unknown;
}

/** Anthropic stream text of these events, each under the name of its type. */
export function anthropicStream(events: readonly AnthropicEvent[]): string {
  return events.map((event) => encodeSseEvent({ event: event.type, data: JSON.stringify(event) })).join("");
}

export function messageStart(usage: object = { input_tokens: 10, output_tokens: 1 }): AnthropicEvent {
  const message = {
    id: "msg_up",
    type: "message",
    role: "assistant",
    model: "claude-up",
    content: [],
    usage,
  };
  return { type: "message_start", message };
}

export function blockStart(index: number, content_block: object): AnthropicEvent {
  return { type: "content_block_start", index, content_block };
}

export function blockDelta(index: number, delta: object): AnthropicEvent {
  return { type: "content_block_delta", index, delta };
}

export function blockStop(index: number): AnthropicEvent {
  return { type: "content_block_stop", index };
}

export function messageEnd(stop_reason: string, usage: object = { output_tokens: 20 }): AnthropicEvent[] {
  return [
    { type: "message_delta", delta: { stop_reason, stop_sequence: null }, usage },
    { type: "message_stop" },
  ];
}

/** The events of a stream text: name and parsed data (`[DONE]` as it is). */
export function readEvents(text: string): { readonly event: string | null; readonly data: unknown }[] {
  return text
    .split("\n\n")
    .filter((block) => block !== "")
    .map((block) => {
      // Not `.`, which stops at U+2028 and U+2029: JSON text may contain them.
      const name = /^event: ([^\n]*)$/m.exec(block)?.[1] ?? null;
      const data = /^data: ([^\n]*)$/m.exec(block)?.[1] ?? "";
      return { event: name, data: data === "[DONE]" ? data : (JSON.parse(data) as unknown) };
    });
}
