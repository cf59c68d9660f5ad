import type { RoutingFeatures } from "@tokenhub/contracts";
import type { CatalogueEntry } from "./catalogue-index.ts";
import { estimateCostUsd, expectedOutputTokens } from "./estimate-cost.ts";
import type { ProviderState } from "./provider-state.ts";
import { objectiveWeights, scoreObjective, type ObjectiveMaxima } from "./score-objective.ts";
import { scoreWeightMinusCost } from "./score-weight-minus-cost.ts";

export interface ScoringInput {
  readonly features: RoutingFeatures;
  readonly states: readonly ProviderState[];
}

/** Whether a lower score is the better one; the other strategies prefer a higher one. */
export function isLowerBetter(strategy: RoutingFeatures["policy"]["strategy"]): boolean {
  return strategy === "objective" || strategy === "cheapest";
}

/**
 * Score of each candidate, in their order, under the request's strategy:
 *
 * | strategy            | score                                                    | better |
 * |---------------------|----------------------------------------------------------|--------|
 * | `objective`         | see `scoreObjective`                                     | lower  |
 * | `cheapest`          | estimated cost of this request in US dollars             | lower  |
 * | `highest_weight`    | the model's weight                                       | higher |
 * | `weight_minus_cost` | weight - 10 * the higher of its two prices per 1,000     | higher |
 *
 * A model of unknown price counts as the most expensive of the candidates. Latency is the provider's moving average, else
 * the model's expected latency, else 0; the failure rate is the provider's.
 */
export function scoreCandidates(candidates: readonly CatalogueEntry[], input: ScoringInput): Float64Array {
  const { policy } = input.features;
  switch (policy.strategy) {
    case "objective":
      return objectiveScores(candidates, input);
    case "cheapest":
      return costsOf(candidates, input.features).costs;
    case "highest_weight":
      return Float64Array.from(candidates, (entry) => entry.weight);
    case "weight_minus_cost":
      return weightMinusCostScores(candidates);
  }
}

function objectiveScores(candidates: readonly CatalogueEntry[], input: ScoringInput): Float64Array {
  const { costs, highest } = costsOf(candidates, input.features);
  const maxima = maximaOf(candidates, { states: input.states, highest });
  const scale = { maxima, weights: objectiveWeights[input.features.policy.mode] };
  const scores = new Float64Array(candidates.length);
  let position = 0;
  for (const entry of candidates) {
    const state = input.states[entry.providerOrdinal];
    const measures = {
      costUsd: costs[position] ?? 0,
      latencyMs: state?.latencyMs ?? entry.expectedLatencyMs,
      errorRate: state?.errorRate ?? 0,
      weight: entry.weight,
    };
    scores[position++] = scoreObjective(measures, scale);
  }
  return scores;
}

function maximaOf(
  candidates: readonly CatalogueEntry[],
  { states, highest }: { states: readonly ProviderState[]; highest: number },
): ObjectiveMaxima {
  const maxima = { costUsd: highest, latencyMs: 0, errorRate: 0, weight: 0 };
  for (const entry of candidates) {
    const state = states[entry.providerOrdinal];
    const latencyMs = state?.latencyMs ?? entry.expectedLatencyMs;
    const errorRate = state?.errorRate ?? 0;
    if (latencyMs > maxima.latencyMs) maxima.latencyMs = latencyMs;
    if (errorRate > maxima.errorRate) maxima.errorRate = errorRate;
    if (entry.weight > maxima.weight) maxima.weight = entry.weight;
  }
  return maxima;
}

/** Estimated cost of each candidate; unknown ones get the highest. */
function costsOf(
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

function weightMinusCostScores(candidates: readonly CatalogueEntry[]): Float64Array {
  let highest = 0;
  for (const entry of candidates) if (entry.higherPer1kUsd > highest) highest = entry.higherPer1kUsd;
  return Float64Array.from(candidates, (entry) =>
    scoreWeightMinusCost({
      weight: entry.weight,
      higherPer1kUsd: Number.isNaN(entry.higherPer1kUsd) ? highest : entry.higherPer1kUsd,
    }),
  );
}
