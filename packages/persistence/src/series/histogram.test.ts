import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  addToHistogram,
  binOf,
  formatHistogram,
  mergeHistogram,
  parseHistogram,
  percentileOf,
  zeroBin,
  type Histogram,
} from "./histogram.ts";

function histogramOf(values: readonly number[]): Histogram {
  const histogram: Histogram = new Map();
  for (const value of values) addToHistogram(histogram, binOf(value));
  return histogram;
}

/** The nearest-rank percentile of the values themselves. */
function exact(values: readonly number[], share: number): number {
  const sorted = values.toSorted((left, right) => left - right);
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? 0;
}

const value = fc.oneof(
  fc.integer({ min: 0, max: 600_000 }),
  fc.double({ min: 1e-6, max: 1e15, noNaN: true }),
  fc.constantFrom(0, 1, 1_000),
);
const share = fc.constantFrom(0.5, 0.95, 0.99);

describe("S1-33: percentiles from histograms", () => {
  test("S1-33: property: they lie within 5 % of the exact ones, whatever the values", () => {
    fc.assert(
      fc.property(fc.array(value, { minLength: 1, maxLength: 300 }), share, (values, wanted) => {
        const estimate = percentileOf(histogramOf(values), wanted) ?? Number.NaN;
        const truth = exact(values, wanted);
        expect(Math.abs(estimate - truth)).toBeLessThanOrEqual(0.05 * truth);
      }),
      { numRuns: 500 },
    );
  });

  test("S1-33: property: merging windows gives what one histogram of all values gives", () => {
    fc.assert(
      fc.property(fc.array(fc.array(value, { maxLength: 50 }), { maxLength: 8 }), (windows) => {
        const merged: Histogram = new Map();
        for (const window of windows) mergeHistogram(merged, histogramOf(window));
        expect(merged).toEqual(histogramOf(windows.flat()));
      }),
    );
  });

  test("property: a histogram survives its text form", () => {
    fc.assert(
      fc.property(fc.array(value), (values) => {
        const histogram = histogramOf(values);
        expect(parseHistogram(formatHistogram(histogram))).toEqual(histogram);
      }),
    );
  });

  test("no percentile lies outside the known smallest and largest value", () => {
    const bounds = { min: 100, max: 100.2 };
    expect(percentileOf(histogramOf([100, 100, 100.2]), 0.99, bounds)).toBe(100.2);
    expect(percentileOf(histogramOf([100]), 0.5, { min: 100, max: 100 })).toBe(100);
    expect(percentileOf(new Map(), 0.5)).toBeNull();
  });

  test("zero, negative and unusable values share the bin that stands for 0", () => {
    expect([0, -5, Number.NaN].map(binOf)).toEqual([zeroBin, zeroBin, zeroBin]);
    expect(percentileOf(histogramOf([0, 0, 5]), 0.5)).toBe(0);
    expect(binOf(Number.POSITIVE_INFINITY)).toBe(1_000);
  });

  test("text that is no histogram is refused", () => {
    for (const text of ["", "[1", "null", '{"a":1}', '{"1":-1}', '{"1":"x"}']) {
      expect(parseHistogram(text)).toBeNull();
    }
  });
});
