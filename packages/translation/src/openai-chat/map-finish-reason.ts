import type { FinishReason } from "@tokenhub/contracts";
import type { CanonicalFinish } from "../canonical.ts";

/** OpenAI `finish_reason` to the unified one; what is not known is `other`. */
export function parseOpenAiFinishReason(raw: string | null): FinishReason {
  switch (raw) {
    case "stop":
    case "length":
    case "tool_calls":
    case "content_filter":
      return raw;
    case "function_call":
      return "tool_calls";
    case null:
    default:
      return "other";
  }
}

/**
 * The unified reason as OpenAI says it. `pause` (Anthropic's long-running turn) and `other` have no counterpart and read
 * `stop`, the only value that clients take as a complete answer.
 */
export function formatOpenAiFinishReason(finish: CanonicalFinish): string {
  switch (finish.reason) {
    case "stop":
    case "length":
    case "tool_calls":
    case "content_filter":
      return finish.reason;
    case "pause":
    case "other":
      return "stop";
  }
}
