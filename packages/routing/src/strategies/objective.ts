import type { CatalogueEntry } from "../catalogue-index.ts";
import { latencyOf, type ProviderState } from "../provider-state.ts";
import { objectiveWeights, scoreObjective, type ObjectiveMaxima } from "../score-objective.ts";
import { softmaxRank } from "../softmax-shares.ts";
import { estimateCosts } from "./estimate-costs.ts";
import type { SelectionStrategy } from "./selection-strategy.ts";

/**
 * Cost, latency, failures and weight in one score (`scoreObjective`), weighed by the request's mode. Latency is the
 * provider's moving average, else the model's expected latency, else 0; the failure rate is the provider's. With a
 * temperature above 0 the choice is softened by rank (`softmaxShares`).
 */
export const objective: SelectionStrategy = {
  lowerIsBetter: true,
  afterFailure: "next_best",
  hasModes: true,
  score(candidates, { features, states }) {
    const { costs, highest } = estimateCosts(candidates, features);
    const maxima = maximaOf(candidates, { states, highest });
    const scale = { maxima, weights: objectiveWeights[features.policy.mode] };
    const scores = new Float64Array(candidates.length);
    let position = 0;
    for (const entry of candidates) {
      const state = states[entry.providerOrdinal];
      const measures = {
        costUsd: costs[position] ?? 0,
        latencyMs: latencyOf(entry, state),
        errorRate: state?.errorRate ?? 0,
        weight: entry.weight,
      };
      scores[position++] = scoreObjective(measures, scale);
    }
    return scores;
  },
  explore({ order }, { random, features }) {
    const { explorationTemperature: temperature } = features.policy;
    return temperature > 0 ? softmaxRank(order.length, { temperature, random: random() }) : 0;
  },
};

function maximaOf(
  candidates: readonly CatalogueEntry[],
  { states, highest }: { states: readonly ProviderState[]; highest: number },
): ObjectiveMaxima {
  const maxima = { costUsd: highest, latencyMs: 0, errorRate: 0, weight: 0 };
  for (const entry of candidates) {
    const state = states[entry.providerOrdinal];
    const latencyMs = latencyOf(entry, state);
    const errorRate = state?.errorRate ?? 0;
    if (latencyMs > maxima.latencyMs) maxima.latencyMs = latencyMs;
    if (errorRate > maxima.errorRate) maxima.errorRate = errorRate;
    if (entry.weight > maxima.weight) maxima.weight = entry.weight;
  }
  return maxima;
}
