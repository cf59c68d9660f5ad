import type { TokenBucket } from "@tokenhub/contracts";

/** Size class of a request by its estimated input tokens: `small` below 1,000, `medium` up to 10,000, `large` above. */
export function tokenBucketOf(estimatedInputTokens: number): TokenBucket {
  if (estimatedInputTokens < 1_000) return "small";
  return estimatedInputTokens <= 10_000 ? "medium" : "large";
}
