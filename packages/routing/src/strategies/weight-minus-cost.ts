import { scoreWeightMinusCost } from "../score-weight-minus-cost.ts";
import type { SelectionStrategy } from "./selection-strategy.ts";

/** Weight minus ten times the price; a model of unknown price counts as the dearest candidate. */
export const weightMinusCost: SelectionStrategy = {
  lowerIsBetter: false,
  afterFailure: "next_best",
  hasModes: false,
  score(candidates) {
    let highest = 0;
    for (const entry of candidates) if (entry.higherPer1kUsd > highest) highest = entry.higherPer1kUsd;
    const scores = new Float64Array(candidates.length);
    let position = 0;
    for (const { weight, higherPer1kUsd } of candidates) {
      const price = Number.isNaN(higherPer1kUsd) ? highest : higherPer1kUsd;
      scores[position++] = scoreWeightMinusCost({ weight, higherPer1kUsd: price });
    }
    return scores;
  },
};
