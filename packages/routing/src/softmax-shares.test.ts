import * as fc from "fast-check";
import { expect, test } from "vitest";
import { softmaxRank, softmaxShares } from "./softmax-shares.ts";

test("Softmax T = .3: the best of three ranks is taken in 96.4 % of the cases", () => {
  const [first = 0, second = 0, third = 0] = softmaxShares(3, 0.3);
  expect(first).toBeCloseTo(0.964, 3);
  expect(second / first).toBeCloseTo(0.0357, 4);
  expect(third / first).toBeCloseTo(0.00127, 5);
});

test("a temperature of 0 or below always takes the best", () => {
  for (const temperature of [0, -1, Number.NaN]) {
    expect(softmaxShares(3, temperature)).toEqual([1, 0, 0]);
    expect(softmaxRank(3, { temperature, random: 0.999 })).toBe(0);
  }
  expect(softmaxShares(0, 0.3)).toEqual([]);
});

test("a rank is drawn exactly as often as its share says", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 50 }),
      fc.double({ min: 0.05, max: 20, noNaN: true }),
      fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
      (count, temperature, random) => {
        const shares = softmaxShares(count, temperature);
        const rank = softmaxRank(count, { temperature, random });
        const upTo = (end: number) => shares.slice(0, end).reduce((sum, share) => sum + share, 0);
        expect(upTo(rank)).toBeLessThanOrEqual(random + 1e-9);
        expect(upTo(rank + 1)).toBeGreaterThanOrEqual(random - 1e-9);
      },
    ),
  );
});
