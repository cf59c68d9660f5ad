import type { Price, RoutingFeatures } from "@tokenhub/contracts";

/** Output tokens assumed for a request that sets no limit. */
export const assumedOutputTokens = 512;

/** Output tokens a cost estimate counts with: the caller's limit, else 512; embeddings produce none. */
export function expectedOutputTokens(
  features: Pick<RoutingFeatures, "operation" | "maxOutputTokens">,
): number {
  if (features.operation === "embeddings") return 0;
  return features.maxOutputTokens ?? assumedOutputTokens;
}

/**
 * Estimated cost of a call in US dollars: `input / 1000 * input price + output / 1000 * output price`.
 * Example: 1,000 in and 512 out at .01/.03 per 1,000 is 0.01 + 0.01536 = 0.02536.
 */
export function estimateCostUsd(price: Price, tokens: { inputTokens: number; outputTokens: number }): number {
  return (
    (tokens.inputTokens / 1000) * price.inputPer1kUsd + (tokens.outputTokens / 1000) * price.outputPer1kUsd
  );
}
