import type { FinishReason } from "@tokenhub/contracts";
import type { CanonicalFinish } from "../canonical.ts";

/** Anthropic `stop_reason` to the unified one; what is not known is `other`. */
export function parseAnthropicStopReason(raw: string | null): FinishReason {
  switch (raw) {
    case "end_turn":
    case "stop_sequence":
      return "stop";
    case "max_tokens":
    case "model_context_window_exceeded":
      return "length";
    case "tool_use":
      return "tool_calls";
    case "refusal":
      return "content_filter";
    case "pause_turn":
      return "pause";
    case null:
    default:
      return "other";
  }
}

/**
 * The unified reason as Anthropic says it; its own raw value is kept where there is one. Some OpenAI servers say `stop`
 * although the answer calls tools or refuses: clients of this format act on `tool_use` and `refusal` only.
 */
export function formatAnthropicStopReason(
  finish: CanonicalFinish,
  answer: { readonly hasToolCalls: boolean; readonly hasRefusal: boolean },
): string {
  const { reason, raw } = finish;
  if (raw !== null && reason !== "other" && parseAnthropicStopReason(raw) === reason) return raw;
  switch (reason) {
    case "stop":
      if (answer.hasToolCalls) return "tool_use";
      if (answer.hasRefusal) return "refusal";
      return finish.stopSequence === null ? "end_turn" : "stop_sequence";
    case "length":
      return "max_tokens";
    case "tool_calls":
      return "tool_use";
    case "content_filter":
      return "refusal";
    case "pause":
      return "pause_turn";
    case "other":
      return answer.hasToolCalls ? "tool_use" : "end_turn";
  }
}
