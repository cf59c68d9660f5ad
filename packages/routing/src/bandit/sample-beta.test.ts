import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { seededRandom } from "../seeded-random.ts";
import { sampleBeta } from "./sample-beta.ts";

describe("a value drawn from a belief", () => {
  test.each([
    [1, 1],
    [8.5, 3.5],
    [1, 9],
    [0.5, 0.5],
    [400, 100],
    [2, 0.7],
  ])("of Beta(%d, %d) has its mean and its variance", (alpha, beta) => {
    const random = seededRandom(42);
    const draws = 40_000;
    const values = Array.from({ length: draws }, () => sampleBeta({ alpha, beta }, random));
    const mean = values.reduce((sum, value) => sum + value, 0) / draws;
    const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / draws;
    const total = alpha + beta;
    const expectedMean = alpha / total;
    const expectedVariance = (alpha * beta) / (total * total * (total + 1));
    expect(Math.abs(mean - expectedMean)).toBeLessThan(4 * Math.sqrt(expectedVariance / draws));
    expect(variance / expectedVariance).toBeGreaterThan(0.95);
    expect(variance / expectedVariance).toBeLessThan(1.05);
  });

  test("of Beta(2, 2) lies below each point as often as its distribution function 3 x^2 - 2 x^3 says", () => {
    const random = seededRandom(3);
    const draws = 20_000;
    const values = Array.from({ length: draws }, () => sampleBeta({ alpha: 2, beta: 2 }, random));
    for (const point of [0.1, 0.25, 0.5, 0.75, 0.9]) {
      const below = values.filter((value) => value < point).length / draws;
      expect(below).toBeCloseTo(3 * point ** 2 - 2 * point ** 3, 1.7);
    }
  });

  test("lies between 0 and 1 and is found in bounded time, even with numbers that are not random at all", () => {
    const shape = fc.constantFrom(0.01, 0.5, 1, 2, 3.7, 1_000);
    const number = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
    fc.assert(
      fc.property(shape, shape, number, (alpha, beta, constant) => {
        const value = sampleBeta({ alpha, beta }, () => constant);
        expect(value).toBeGreaterThanOrEqual(0);
        expect(value).toBeLessThanOrEqual(1);
      }),
    );
  });
});
