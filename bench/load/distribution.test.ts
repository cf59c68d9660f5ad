import { describe, expect, test } from "vitest";
import { distributionOf } from "./distribution.ts";

describe("distributionOf", () => {
  test("percentiles are values that were measured, by nearest rank, in whatever order they came", () => {
    const samples = Array.from({ length: 200 }, (_, index) => ((index * 77) % 200) + 1);
    expect(distributionOf(samples)).toEqual({ p50: 100, p90: 180, p99: 198, max: 200, mean: 100.5 });
  });

  test("one sample is every percentile", () => {
    expect(distributionOf([3])).toEqual({ p50: 3, p90: 3, p99: 3, max: 3, mean: 3 });
  });

  test("no samples are no figures, not zeroes", () => {
    expect(Object.values(distributionOf([])).every(Number.isNaN)).toBe(true);
  });
});
