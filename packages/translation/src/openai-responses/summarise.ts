import type { Usage } from "@tokenhub/contracts";
import { objectOf, objectsOf, parseJson, textOf, type JsonObject } from "../json-value.ts";
import { notJsonError } from "../provider-stream-error.ts";
import type { StreamObservation, StreamSummary } from "../stream-summary.ts";
import type { FinishSummary, ResponseSummary } from "../summarise-response.ts";
import { parseResponsesUsage } from "./convert-usage.ts";
import { parseResponseFinish } from "./map-status.ts";
import { readResponsesError } from "./read-stream-error.ts";

/** Of a whole response; one that failed is no answer. */
export function summariseOpenAiResponse(answer: JsonObject): Omit<ResponseSummary, "estimatedOutputTokens"> {
  const items = objectsOf(answer["output"]);
  return {
    usage: parseResponsesUsage(answer["usage"]),
    finishReason: finishOf(answer, items.some(isCall)),
    upstreamModel: textOf(answer["model"]),
    isAnswer: Array.isArray(answer["output"]) && answer["status"] !== "failed",
    isEmpty: !items.some(hasContent),
  };
}

function finishOf(response: JsonObject, hasToolCalls: boolean): FinishSummary | null {
  const { reason, raw } = parseResponseFinish(response, { hasToolCalls });
  return raw === null ? null : { unified: reason, raw };
}

function isCall(item: JsonObject): boolean {
  return item["type"] === "function_call" || item["type"] === "custom_tool_call";
}

function hasContent(item: JsonObject): boolean {
  switch (item["type"]) {
    case "message":
      return objectsOf(item["content"]).some((part) => isText(part["text"]) || isText(part["refusal"]));
    case "reasoning":
      return [...objectsOf(item["summary"]), ...objectsOf(item["content"])].some((part) =>
        isText(part["text"]),
      );
    case undefined:
      return false;
    default:
      return true;
  }
}

function isText(value: unknown): boolean {
  return typeof value === "string" && value !== "";
}

/** Watches a stream of Responses events. */
export function createOpenAiResponsesSummary(): StreamSummary {
  let usage: Usage | null = null;
  let finishReason: FinishSummary | null = null;
  let upstreamModel: string | null = null;
  let hasToolCalls = false;

  const observeEvent = (event: JsonObject): Omit<StreamObservation, "error"> => {
    const type = textOf(event["type"]) ?? "";
    if (type.endsWith(".delta")) return { hasContent: isText(event["delta"]), isTerminal: false };
    switch (type) {
      case "response.created":
        upstreamModel = textOf(objectOf(event["response"])?.["model"]);
        return { hasContent: false, isTerminal: false };
      case "response.output_item.added": {
        const item = objectOf(event["item"]) ?? {};
        hasToolCalls ||= isCall(item);
        return { hasContent: hasContent(item), isTerminal: false };
      }
      case "response.completed":
      case "response.incomplete": {
        const response = objectOf(event["response"]) ?? {};
        usage = parseResponsesUsage(response["usage"]);
        finishReason = finishOf(response, hasToolCalls);
        return { hasContent: false, isTerminal: true };
      }
      default:
        return { hasContent: false, isTerminal: false };
    }
  };
  return {
    observe: ({ event: name, data }) => {
      if (data === "[DONE]") return { hasContent: false, isTerminal: true, error: null };
      const event = objectOf(parseJson(data));
      if (event === null) return { hasContent: false, isTerminal: false, error: notJsonError };
      const error = readResponsesError(event, name);
      if (error !== null) return { hasContent: false, isTerminal: false, error };
      return { ...observeEvent(event), error: null };
    },
    result: () => ({ usage, finishReason, upstreamModel, sawTerminal: finishReason !== null }),
  };
}
