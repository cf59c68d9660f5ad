import type { RoutingMode } from "@tokenhub/contracts";

export interface ObjectiveWeights {
  readonly cost: number;
  readonly latency: number;
  readonly failure: number;
  readonly weight: number;
}

/** How much each measure counts in a mode of the `objective` strategy. */
export const objectiveWeights: Readonly<Record<RoutingMode, ObjectiveWeights>> = {
  cheap: { cost: 0.7, latency: 0.1, failure: 0.1, weight: 0.1 },
  normal: { cost: 0.25, latency: 0.25, failure: 0.25, weight: 0.25 },
  high_confidence: { cost: 0.05, latency: 0.1, failure: 0.15, weight: 0.7 },
  planning: { cost: 0.1, latency: 0.1, failure: 0.2, weight: 0.6 },
  adversarial: { cost: 0.1, latency: 0.1, failure: 0.2, weight: 0.6 },
};

export interface ObjectiveMeasures {
  readonly costUsd: number;
  readonly latencyMs: number;
  /** Share of failed calls, 0..1. */
  readonly errorRate: number;
  readonly weight: number;
}

/** The largest value of each measure among the candidates that are compared. */
export type ObjectiveMaxima = ObjectiveMeasures;

/**
 * Score of a candidate under the `objective` strategy; lower is better:
 *
 *     score = cost * n(cost) + latency * n(latency) + failure * n(errorRate) - weight * n(weight)
 *
 * where `n(x)` is the value divided by the maximum among the candidates, clamped to 0..1, and 0 when that maximum is 0.
 *
 * | mode                    | cost | latency | failure | weight |
 * |-------------------------|------|---------|---------|--------|
 * | cheap                   | 0.70 | 0.10    | 0.10    | 0.10   |
 * | normal                  | 0.25 | 0.25    | 0.25    | 0.25   |
 * | high_confidence         | 0.05 | 0.10    | 0.15    | 0.70   |
 * | planning, adversarial   | 0.10 | 0.10    | 0.20    | 0.60   |
 *
 * Callers give a candidate of unknown price the maximum cost, so that not knowing is never an advantage.
 */
export function scoreObjective(
  measures: ObjectiveMeasures,
  scale: { maxima: ObjectiveMaxima; weights: ObjectiveWeights },
): number {
  const { maxima, weights } = scale;
  return (
    weights.cost * share(measures.costUsd, maxima.costUsd) +
    weights.latency * share(measures.latencyMs, maxima.latencyMs) +
    weights.failure * share(measures.errorRate, maxima.errorRate) -
    weights.weight * share(measures.weight, maxima.weight)
  );
}

function share(value: number, maximum: number): number {
  return maximum > 0 ? Math.min(1, Math.max(0, value / maximum)) : 0;
}
