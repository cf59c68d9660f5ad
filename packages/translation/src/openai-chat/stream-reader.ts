import type { CanonicalFrame } from "../canonical.ts";
import { parseJson, objectOf, objectsOf, listOf, textOf, type JsonObject } from "../json-value.ts";
import { notJsonFrame, readOpenAiError } from "../provider-stream-error.ts";
import type { SseEvent, StreamReader } from "../wire-format.ts";
import { readLogprobEntries } from "./logprob-entries.ts";
import { parseOpenAiUsage } from "./convert-usage.ts";
import { parseOpenAiFinishReason } from "./map-finish-reason.ts";
import { readReasoningDetails, readReasoningText } from "./reasoning-details.ts";
import { createToolCallReader } from "./tool-call-reader.ts";

/**
 * Reads chat completion chunks; the first choice is the answer. Content and usage are taken from wherever a chunk has them,
 * because servers differ: usage in the last choice's chunk or after it, role in any chunk, reasoning under three names.
 */
export function createOpenAiChatStreamReader(): StreamReader {
  const toolCalls = createToolCallReader();
  let hasStarted = false;
  let reasoningIndex: number | null = null;

  const readReasoning = (delta: JsonObject): CanonicalFrame[] => {
    const details = readReasoningDetails(delta["reasoning_details"]);
    if (details.length === 0) {
      const text = readReasoningText(delta);
      return text === "" ? [] : [{ type: "reasoning-delta", text }];
    }
    const frames: CanonicalFrame[] = [];
    for (const detail of details) {
      if (reasoningIndex !== null && reasoningIndex !== detail.index) frames.push({ type: "block-end" });
      reasoningIndex = detail.index;
      if (detail.type === "reasoning.encrypted") {
        frames.push({ type: "redacted-reasoning", data: detail.data });
        continue;
      }
      if (detail.text !== "") frames.push({ type: "reasoning-delta", text: detail.text });
      if (detail.signature !== null) {
        frames.push({ type: "reasoning-signature", signature: detail.signature });
      }
    }
    return frames;
  };

  const readDelta = (delta: JsonObject): CanonicalFrame[] => {
    const frames = readReasoning(delta);
    const text = contentText(delta["content"]);
    if (text !== "") frames.push({ type: "text-delta", text });
    const refusal = textOf(delta["refusal"]);
    if (refusal !== null && refusal !== "") frames.push({ type: "refusal-delta", text: refusal });
    frames.push(...toolCalls.read(delta));
    return frames;
  };

  const readChunk = (chunk: JsonObject): CanonicalFrame[] => {
    const frames: CanonicalFrame[] = [];
    const id = textOf(chunk["id"]);
    if (!hasStarted) {
      hasStarted = true;
      toolCalls.setIdPrefix(`call_${id ?? "0"}`);
      frames.push({ type: "start", id, model: textOf(chunk["model"]), usage: null });
    }
    for (const choice of objectsOf(chunk["choices"])) {
      if (typeof choice["index"] === "number" && choice["index"] !== 0) continue;
      const entries = readLogprobEntries(choice["logprobs"]);
      if (entries.length > 0) frames.push({ type: "logprobs", entries });
      const delta = objectOf(choice["delta"]);
      if (delta !== null) frames.push(...readDelta(delta));
      const raw = textOf(choice["finish_reason"]);
      if (raw !== null) {
        const reason = parseOpenAiFinishReason(raw);
        frames.push(...toolCalls.finish());
        frames.push({ type: "finish", finish: { reason, raw, stopSequence: null, explanation: null } });
      }
    }
    const usage = parseOpenAiUsage(chunk["usage"]);
    if (usage !== null) frames.push({ type: "usage", usage });
    return frames;
  };

  return {
    read: (event: SseEvent) => {
      if (event.data === "[DONE]") return [{ type: "end" }];
      const chunk = objectOf(parseJson(event.data));
      if (chunk === null) return [notJsonFrame];
      const error = readOpenAiError(chunk, event.event);
      return error === null ? readChunk(chunk) : [{ type: "error", error }];
    },
  };
}

/** A delta's text; a few servers send a list of parts instead. */
function contentText(content: unknown): string {
  if (typeof content === "string") return content;
  return listOf(content)
    .map((part) => textOf(objectOf(part)?.["text"]) ?? "")
    .join("");
}
