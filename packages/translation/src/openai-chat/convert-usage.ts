import type { Usage } from "@tokenhub/contracts";
import { countOf, objectOf } from "../json-value.ts";

/**
 * OpenAI usage, chat or embeddings; null when there is none. `prompt_tokens` includes cached tokens and
 * `completion_tokens` includes reasoning tokens, as ours do. DeepSeek reports cache hits under a name of its own.
 */
export function parseOpenAiUsage(value: unknown): Usage | null {
  const usage = objectOf(value);
  if (usage === null || typeof usage["prompt_tokens"] !== "number") return null;
  const promptDetails = objectOf(usage["prompt_tokens_details"]);
  const completionDetails = objectOf(usage["completion_tokens_details"]);
  return {
    inputTokens: countOf(usage["prompt_tokens"]),
    outputTokens: countOf(usage["completion_tokens"]),
    cacheReadTokens: countOf(promptDetails?.["cached_tokens"] ?? usage["prompt_cache_hit_tokens"]),
    cacheWriteTokens: countOf(promptDetails?.["cache_write_tokens"]),
    reasoningTokens: countOf(completionDetails?.["reasoning_tokens"]),
    source: "provider",
  };
}

export function formatOpenAiUsage(usage: Usage): Record<string, unknown> {
  return {
    prompt_tokens: usage.inputTokens,
    completion_tokens: usage.outputTokens,
    total_tokens: usage.inputTokens + usage.outputTokens,
    prompt_tokens_details: {
      cached_tokens: usage.cacheReadTokens,
      cache_write_tokens: usage.cacheWriteTokens,
    },
    completion_tokens_details: { reasoning_tokens: usage.reasoningTokens },
  };
}
