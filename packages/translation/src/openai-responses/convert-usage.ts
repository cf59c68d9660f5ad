import type { Usage } from "@tokenhub/contracts";
import { countOf, objectOf, type JsonObject } from "../json-value.ts";

/** Usage of a response; null when there is none. Its totals include cached and reasoning tokens, as ours do. */
export function parseResponsesUsage(value: unknown): Usage | null {
  const usage = objectOf(value);
  if (usage === null || typeof usage["input_tokens"] !== "number") return null;
  const inputDetails = objectOf(usage["input_tokens_details"]);
  const outputDetails = objectOf(usage["output_tokens_details"]);
  return {
    inputTokens: countOf(usage["input_tokens"]),
    outputTokens: countOf(usage["output_tokens"]),
    cacheReadTokens: countOf(inputDetails?.["cached_tokens"]),
    cacheWriteTokens: countOf(inputDetails?.["cache_write_tokens"]),
    reasoningTokens: countOf(outputDetails?.["reasoning_tokens"]),
    source: "provider",
  };
}

export function formatResponsesUsage(usage: Usage): JsonObject {
  return {
    input_tokens: usage.inputTokens,
    input_tokens_details: {
      cached_tokens: usage.cacheReadTokens,
      cache_write_tokens: usage.cacheWriteTokens,
    },
    output_tokens: usage.outputTokens,
    output_tokens_details: { reasoning_tokens: usage.reasoningTokens },
    total_tokens: usage.inputTokens + usage.outputTokens,
  };
}
