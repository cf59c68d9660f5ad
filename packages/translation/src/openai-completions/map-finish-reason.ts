import type { FinishReason } from "@tokenhub/contracts";

/** The unified reason as text completions say it: they know three, and everything else reads as a complete answer. */
export function formatCompletionFinishReason(reason: FinishReason): "stop" | "length" | "content_filter" {
  return reason === "length" || reason === "content_filter" ? reason : "stop";
}
