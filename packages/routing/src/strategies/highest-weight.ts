import type { SelectionStrategy } from "./selection-strategy.ts";

/** The heaviest model; after a failure, what is heavier or has a larger context comes before the rest. */
export const highestWeight: SelectionStrategy = {
  lowerIsBetter: false,
  afterFailure: "higher_tier_first",
  hasModes: false,
  score(candidates) {
    const scores = new Float64Array(candidates.length);
    let position = 0;
    for (const entry of candidates) scores[position++] = entry.weight;
    return scores;
  },
};
