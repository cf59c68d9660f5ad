/**
 * Score of a candidate under the `weight_minus_cost` strategy; higher is better: `weight - 10 * price`, the price being the
 * higher of the model's two prices in US dollars per 1,000 tokens. Example: weight 90 at 0.03 scores 89.7.
 */
export function scoreWeightMinusCost(model: { weight: number; higherPer1kUsd: number }): number {
  return model.weight - model.higherPer1kUsd * 10;
}
