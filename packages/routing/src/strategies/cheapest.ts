import { estimateCosts } from "./estimate-costs.ts";
import type { SelectionStrategy } from "./selection-strategy.ts";

/** The lowest estimated cost of this request in US dollars. */
export const cheapest: SelectionStrategy = {
  lowerIsBetter: true,
  afterFailure: "next_best",
  hasModes: false,
  score: (candidates, { features }) => estimateCosts(candidates, features).costs,
};
