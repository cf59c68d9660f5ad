import type { Strategy } from "@tokenhub/contracts";
import { cheapest } from "./cheapest.ts";
import { highestWeight } from "./highest-weight.ts";
import { objective } from "./objective.ts";
import type { SelectionStrategy } from "./selection-strategy.ts";
import { thompson } from "./thompson.ts";
import { weightMinusCost } from "./weight-minus-cost.ts";

/** Every strategy by the name that requests use. */
export const strategies: Readonly<Record<Strategy, SelectionStrategy>> = {
  objective,
  highest_weight: highestWeight,
  weight_minus_cost: weightMinusCost,
  cheapest,
  thompson,
};
