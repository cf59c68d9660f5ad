import type { CanonicalFrame } from "../canonical.ts";
import { numberOf, objectOf, objectsOf, parseJson, textOf, type JsonObject } from "../json-value.ts";
import { notJsonFrame } from "../provider-stream-error.ts";
import type { StreamReader } from "../wire-format.ts";
import { readReasoningItem, readReasoningItemText } from "./carried-reasoning.ts";
import { parseResponsesUsage } from "./convert-usage.ts";
import { parseResponseFinish } from "./map-status.ts";
import { readResponsesError } from "./read-stream-error.ts";

/** What the events before it have told of an output item. */
interface SeenItem {
  /** Number of the call; null for what is no call. */
  readonly call: number | null;
  hasDeltas: boolean;
}

/** Reads Responses events by their `type`, whatever the `event:` line says. */
export function createOpenAiResponsesStreamReader(): StreamReader {
  const items = new Map<unknown, SeenItem>();
  let calls = 0;

  const itemOf = (event: JsonObject): SeenItem => {
    const at = event["output_index"];
    const seen = items.get(at) ?? { call: null, hasDeltas: false };
    items.set(at, seen);
    return seen;
  };
  const textFrames = (
    type: "text-delta" | "refusal-delta" | "reasoning-delta",
    event: JsonObject,
  ): CanonicalFrame[] => {
    const text = textOf(event["delta"]) ?? "";
    const entries = objectsOf(event["logprobs"]);
    const frames: CanonicalFrame[] = entries.length === 0 ? [] : [{ type: "logprobs", entries }];
    if (text === "") return frames;
    itemOf(event).hasDeltas = true;
    return [...frames, { type, text }];
  };
  const callFrames = (event: JsonObject): CanonicalFrame[] => {
    const item = itemOf(event);
    const text = textOf(event["delta"]) ?? "";
    if (item.call === null || text === "") return [];
    item.hasDeltas = true;
    return [{ type: "tool-call-delta", index: item.call, text }];
  };

  const addItem = (event: JsonObject): CanonicalFrame[] => {
    const item = objectOf(event["item"]) ?? {};
    const isFreeText = item["type"] === "custom_tool_call";
    if (!isFreeText && item["type"] !== "function_call") return [];
    const index = calls;
    calls += 1;
    items.set(event["output_index"], { call: index, hasDeltas: false });
    const id = textOf(item["call_id"]) || textOf(item["id"]) || `call_${index}`;
    return [{ type: "tool-call-start", index, id, name: textOf(item["name"]) ?? "", isFreeText }];
  };
  /** The whole item: what no delta brought is taken from it. */
  const endItem = (event: JsonObject): CanonicalFrame[] => {
    const item = objectOf(event["item"]) ?? {};
    const seen = itemOf(event);
    return [...restFrames(item, seen), { type: "block-end" }];
  };
  const endResponse = (response: JsonObject): CanonicalFrame[] => {
    const usage = parseResponsesUsage(response["usage"]);
    const finish = parseResponseFinish(response, { hasToolCalls: calls > 0 });
    return [
      ...(usage === null ? [] : [{ type: "usage" as const, usage }]),
      { type: "finish", finish },
      { type: "end" },
    ];
  };

  const readEvent = (event: JsonObject): CanonicalFrame[] => {
    switch (event["type"]) {
      case "response.created": {
        const response = objectOf(event["response"]);
        const id = textOf(response?.["id"]);
        return [{ type: "start", id, model: textOf(response?.["model"]), usage: null }];
      }
      case "response.output_text.delta":
        return textFrames("text-delta", event);
      case "response.refusal.delta":
        return textFrames("refusal-delta", event);
      case "response.reasoning_summary_text.delta":
      case "response.reasoning_text.delta":
        return textFrames("reasoning-delta", event);
      case "response.reasoning_summary_part.added":
        // The first part of a summary follows nothing that it must be kept apart from.
        return (numberOf(event["summary_index"]) ?? 0) > 0 ? [{ type: "reasoning-delta", text: "\n\n" }] : [];
      case "response.function_call_arguments.delta":
      case "response.custom_tool_call_input.delta":
        return callFrames(event);
      case "response.content_part.done":
        return [{ type: "block-end" }];
      case "response.output_item.added":
        return addItem(event);
      case "response.output_item.done":
        return endItem(event);
      case "response.completed":
      case "response.incomplete":
        return endResponse(objectOf(event["response"]) ?? {});
      default:
        return [];
    }
  };

  return {
    read: ({ event: name, data }) => {
      if (data === "[DONE]") return [{ type: "end" }];
      const event = objectOf(parseJson(data));
      if (event === null) return [notJsonFrame];
      const error = readResponsesError(event, name);
      return error === null ? readEvent(event) : [{ type: "error", error }];
    },
  };
}

function restFrames(item: JsonObject, { call, hasDeltas }: SeenItem): CanonicalFrame[] {
  switch (item["type"]) {
    case "message":
      return hasDeltas ? [] : objectsOf(item["content"]).flatMap(partFrames);
    case "function_call":
    case "custom_tool_call": {
      const text = textOf(item["arguments"]) ?? textOf(item["input"]) ?? "";
      return call === null || hasDeltas || text === ""
        ? []
        : [{ type: "tool-call-delta", index: call, text }];
    }
    case "reasoning":
      return reasoningFrames(item, hasDeltas);
    case undefined:
      return [];
    default:
      return [{ type: "native-block", format: "openai-responses", value: item }];
  }
}

function partFrames(part: JsonObject): CanonicalFrame[] {
  if (typeof part["refusal"] === "string") return [{ type: "refusal-delta", text: part["refusal"] }];
  return typeof part["text"] === "string" ? [{ type: "text-delta", text: part["text"] }] : [];
}

function reasoningFrames(item: JsonObject, hasDeltas: boolean): CanonicalFrame[] {
  const text = hasDeltas ? "" : readReasoningItemText(item);
  const frames: CanonicalFrame[] = text === "" ? [] : [{ type: "reasoning-delta", text }];
  for (const block of readReasoningItem(item) ?? []) {
    if (block.type === "redacted-reasoning") frames.push({ type: "redacted-reasoning", data: block.data });
    else if (block.signature !== null)
      frames.push({ type: "reasoning-signature", signature: block.signature });
  }
  return frames;
}
