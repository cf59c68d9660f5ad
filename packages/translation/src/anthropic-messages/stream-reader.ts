import type { CanonicalFrame } from "../canonical.ts";
import { objectOf, parseJson, textOf, type JsonObject } from "../json-value.ts";
import { notJsonFrame, readAnthropicError } from "../provider-stream-error.ts";
import type { StreamReader } from "../wire-format.ts";
import { mergeAnthropicUsage, parseAnthropicUsage } from "./convert-usage.ts";
import { parseFinish } from "./parse-response.ts";
import { decodeToolCallId } from "./tool-call-id.ts";
import { formatToolArguments } from "./tool-input.ts";

type OpenBlock =
  | { readonly type: "plain" }
  | { readonly type: "tool-call"; readonly index: number; readonly input: unknown; hasDeltas: boolean }
  /** A block of the vendor's own; its input arrives in pieces and is put together. */
  | { readonly type: "native"; readonly value: JsonObject; input: string };

/** Reads Anthropic stream events by their `type`, whatever the `event:` line says. */
export function createAnthropicMessagesStreamReader(): StreamReader {
  const blocks = new Map<unknown, OpenBlock>();
  let usage: JsonObject | null = null;
  let toolCalls = 0;

  const startBlock = (event: JsonObject): CanonicalFrame[] => {
    const block = objectOf(event["content_block"]) ?? {};
    const index = event["index"];
    blocks.set(index, { type: "plain" });
    switch (block["type"]) {
      case "text":
        return textFrames("text-delta", block["text"]);
      case "thinking":
        return [...textFrames("reasoning-delta", block["thinking"]), ...signatureFrames(block["signature"])];
      case "redacted_thinking":
        return [{ type: "redacted-reasoning", data: textOf(block["data"]) ?? "" }];
      case "tool_use": {
        const number = toolCalls;
        toolCalls += 1;
        blocks.set(index, { type: "tool-call", index: number, input: block["input"], hasDeltas: false });
        const id = decodeToolCallId(textOf(block["id"]) || `call_${number}`);
        const name = textOf(block["name"]) ?? "";
        return [{ type: "tool-call-start", index: number, id, name, isFreeText: false }];
      }
      default:
        blocks.set(index, { type: "native", value: block, input: "" });
        return [];
    }
  };

  const readDelta = (event: JsonObject): CanonicalFrame[] => {
    const delta = objectOf(event["delta"]) ?? {};
    switch (delta["type"]) {
      case "text_delta":
        return textFrames("text-delta", delta["text"]);
      case "thinking_delta":
        return textFrames("reasoning-delta", delta["thinking"]);
      case "signature_delta":
        return signatureFrames(delta["signature"]);
      case "citations_delta":
        return [{ type: "citation", citation: delta["citation"] }];
      case "input_json_delta":
        return readInput(blocks.get(event["index"]), textOf(delta["partial_json"]) ?? "");
      default:
        return [];
    }
  };

  const readInput = (block: OpenBlock | undefined, text: string): CanonicalFrame[] => {
    if (block?.type === "native") block.input += text;
    if (block?.type !== "tool-call" || text === "") return [];
    block.hasDeltas = true;
    return [{ type: "tool-call-delta", index: block.index, text }];
  };

  const stopBlock = (event: JsonObject): CanonicalFrame[] => {
    const block = blocks.get(event["index"]);
    blocks.delete(event["index"]);
    const frames: CanonicalFrame[] = [];
    if (block?.type === "native") {
      const input = block.input === "" ? block.value["input"] : parseJson(block.input);
      const value = input === undefined ? block.value : { ...block.value, input };
      frames.push({ type: "native-block", format: "anthropic-messages", value });
    }
    if (block?.type === "tool-call" && !block.hasDeltas) {
      // A call without arguments has no deltas; some servers put the whole input into the start instead.
      const text = formatToolArguments(block.input);
      frames.push({ type: "tool-call-delta", index: block.index, text });
    }
    frames.push({ type: "block-end" });
    return frames;
  };

  const readUsage = (value: unknown): CanonicalFrame[] => {
    usage = mergeAnthropicUsage(usage, value);
    const parsed = parseAnthropicUsage(usage);
    return parsed === null ? [] : [{ type: "usage", usage: parsed }];
  };

  const startMessage = (event: JsonObject): CanonicalFrame[] => {
    const message = objectOf(event["message"]) ?? {};
    usage = mergeAnthropicUsage(usage, message["usage"]);
    const id = textOf(message["id"]);
    return [{ type: "start", id, model: textOf(message["model"]), usage: parseAnthropicUsage(usage) }];
  };

  const readMessageDelta = (event: JsonObject): CanonicalFrame[] => {
    const delta = objectOf(event["delta"]) ?? {};
    const frames = readUsage(event["usage"]);
    if (textOf(delta["stop_reason"]) !== null) frames.push({ type: "finish", finish: parseFinish(delta) });
    return frames;
  };

  return {
    read: ({ data }) => {
      // Not Anthropic's, but compatible servers send it.
      if (data === "[DONE]") return [{ type: "end" }];
      const event = objectOf(parseJson(data));
      if (event === null) return [notJsonFrame];
      const error = readAnthropicError(event);
      if (error !== null) return [{ type: "error", error }];
      switch (event["type"]) {
        case "message_start":
          return startMessage(event);
        case "content_block_start":
          return startBlock(event);
        case "content_block_delta":
          return readDelta(event);
        case "content_block_stop":
          return stopBlock(event);
        case "message_delta":
          return readMessageDelta(event);
        case "message_stop":
          return [{ type: "end" }];
        default:
          return [];
      }
    },
  };
}

function textFrames(type: "text-delta" | "reasoning-delta", text: unknown): CanonicalFrame[] {
  return typeof text === "string" && text !== "" ? [{ type, text }] : [];
}

function signatureFrames(signature: unknown): CanonicalFrame[] {
  return typeof signature === "string" && signature !== ""
    ? [{ type: "reasoning-signature", signature }]
    : [];
}
