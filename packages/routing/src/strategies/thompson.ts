import { armsOfSize } from "../bandit/arm-index.ts";
import { meanReward, prior } from "../bandit/belief.ts";
import { sampleBeta } from "../bandit/sample-beta.ts";
import type { SelectionStrategy } from "./selection-strategy.ts";

/**
 * Learns from rewards: the score is the mean of what is believed about a model's reward on requests of this size. Most
 * decisions take the best mean. At most `explorationShare` of them, drawn at random, let each candidate's belief draw a
 * value and try the model with the highest one: what is little known is tried out in proportion to its chance of being best.
 */
export const thompson: SelectionStrategy = {
  lowerIsBetter: false,
  afterFailure: "next_best",
  hasModes: false,
  score(candidates, { features, arms }) {
    const known = armsOfSize(arms, features.estimatedInputTokens);
    const scores = new Float64Array(candidates.length);
    let position = 0;
    for (const entry of candidates) scores[position++] = meanReward(known?.get(entry.model.id) ?? prior);
    return scores;
  },
  explore({ candidates, order }, { features, arms, random }) {
    if (random() >= features.policy.explorationShare) return 0;
    const known = armsOfSize(arms, features.estimatedInputTokens);
    let bestRank = 0;
    let bestSample = -1;
    for (let rank = 0; rank < order.length; rank++) {
      const entry = candidates[order[rank] ?? -1];
      if (entry === undefined) continue;
      const sample = sampleBeta(known?.get(entry.model.id) ?? prior, random);
      if (sample > bestSample) {
        bestSample = sample;
        bestRank = rank;
      }
    }
    return bestRank;
  },
};
