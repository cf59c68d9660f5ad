import { expect, test } from "vitest";
import { scoreWeightMinusCost } from "./score-weight-minus-cost.ts";

test.each([
  [90, 0.03, 89.7],
  [85, 0.01, 84.9],
  [80, 0.002, 79.98],
  [70, 0, 70],
])("S3-17, S4-38: weight %d at %d USD per 1000 tokens scores %d", (weight, higherPer1kUsd, score) => {
  expect(scoreWeightMinusCost({ weight, higherPer1kUsd })).toBeCloseTo(score, 12);
});
