import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { objectiveWeights, scoreObjective, type ObjectiveMeasures } from "./score-objective.ts";

const maxima: ObjectiveMeasures = { costUsd: 0.04, latencyMs: 0, errorRate: 0, weight: 10 };
const modelX: ObjectiveMeasures = { costUsd: 0.04, latencyMs: 0, errorRate: 0, weight: 10 };
const modelY: ObjectiveMeasures = { costUsd: 0, latencyMs: 0, errorRate: 0, weight: 5 };

describe("objective score", () => {
  test("S1d-9: normal mode gives the dear heavy model 0 and the free half-weight model -.125", () => {
    const weights = objectiveWeights.normal;
    expect(scoreObjective(modelX, { maxima, weights })).toBe(0);
    expect(scoreObjective(modelY, { maxima, weights })).toBe(-0.125);
  });

  test("S1d-9: high_confidence mode gives them -.65 and -.35", () => {
    const weights = objectiveWeights.high_confidence;
    expect(scoreObjective(modelX, { maxima, weights })).toBeCloseTo(-0.65, 12);
    expect(scoreObjective(modelY, { maxima, weights })).toBeCloseTo(-0.35, 12);
  });

  test("the weights of every mode add up to 1", () => {
    for (const weights of Object.values(objectiveWeights)) {
      expect(weights.cost + weights.latency + weights.failure + weights.weight).toBeCloseTo(1, 12);
    }
  });

  test("a measure counts for nothing when its maximum is 0", () => {
    const none: ObjectiveMeasures = { costUsd: 0, latencyMs: 0, errorRate: 0, weight: 0 };
    expect(scoreObjective(none, { maxima: none, weights: objectiveWeights.normal })).toBe(0);
  });

  test("scores lie between minus the weight's share and the sum of the others, even beyond the maxima", () => {
    const amount = fc.double({ min: 0, max: 1e9, noNaN: true });
    const measures = fc.record({ costUsd: amount, latencyMs: amount, errorRate: amount, weight: amount });
    fc.assert(
      fc.property(measures, measures, (some, most) => {
        const weights = objectiveWeights.cheap;
        const score = scoreObjective(some, { maxima: most, weights });
        expect(score).toBeGreaterThanOrEqual(-weights.weight);
        expect(score).toBeLessThanOrEqual(weights.cost + weights.latency + weights.failure);
      }),
    );
  });
});
