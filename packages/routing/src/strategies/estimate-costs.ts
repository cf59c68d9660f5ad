import type { RoutingFeatures } from "@tokenhub/contracts";
import type { CatalogueEntry } from "../catalogue-index.ts";
import { estimateCostUsd, expectedOutputTokens } from "../estimate-cost.ts";

/**
 * Estimated cost of a request at each candidate in US dollars, and the highest of them. An unknown price counts as the
 * highest, so that not knowing is never an advantage.
 */
export function estimateCosts(
  candidates: readonly CatalogueEntry[],
  features: RoutingFeatures,
): { costs: Float64Array; highest: number } {
  const tokens = {
    inputTokens: features.estimatedInputTokens,
    outputTokens: expectedOutputTokens(features),
  };
  const costs = new Float64Array(candidates.length);
  let highest = 0;
  let position = 0;
  for (const entry of candidates) {
    const costUsd = estimateCostUsd(entry, tokens);
    costs[position++] = costUsd;
    if (costUsd > highest) highest = costUsd;
  }
  for (let at = 0; at < costs.length; at++) if (Number.isNaN(costs[at])) costs[at] = highest;
  return { costs, highest };
}
