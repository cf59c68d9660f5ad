import type { FinishReason } from "@tokenhub/contracts";
import type { CanonicalFinish } from "../canonical.ts";
import { objectOf, textOf, type JsonObject } from "../json-value.ts";

/** How a response ended, as the format says it. */
export interface ResponseEnd {
  readonly status: "completed" | "incomplete";
  readonly incompleteReason: "max_output_tokens" | "content_filter" | null;
}

/** The unified reason as a status: what was cut off is incomplete, everything else is completed. */
export function formatResponseEnd(reason: FinishReason): ResponseEnd {
  switch (reason) {
    case "length":
      return { status: "incomplete", incompleteReason: "max_output_tokens" };
    case "content_filter":
      return { status: "incomplete", incompleteReason: "content_filter" };
    case "stop":
    case "tool_calls":
    case "pause":
    case "other":
      return { status: "completed", incompleteReason: null };
  }
}

/** The status of a response to the unified reason; a completed one that calls tools ended for their sake. */
export function parseResponseFinish(
  response: JsonObject,
  { hasToolCalls }: { readonly hasToolCalls: boolean },
): CanonicalFinish {
  const status = textOf(response["status"]);
  const incompleteReason = textOf(objectOf(response["incomplete_details"])?.["reason"]);
  const raw = status === "incomplete" ? (incompleteReason ?? status) : status;
  return { reason: unifiedReason(raw, hasToolCalls), raw, stopSequence: null, explanation: null };
}

function unifiedReason(raw: string | null, hasToolCalls: boolean): FinishReason {
  switch (raw) {
    case "completed":
      return hasToolCalls ? "tool_calls" : "stop";
    case "max_output_tokens":
      return "length";
    case "content_filter":
      return "content_filter";
    case null:
    default:
      return "other";
  }
}
