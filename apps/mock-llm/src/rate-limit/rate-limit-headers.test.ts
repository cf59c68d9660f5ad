import { expect, it } from "vitest";
import { formatDuration } from "./rate-limit-headers.ts";

it.each([
  [0, "0s"],
  [0.2, "1ms"],
  [20, "20ms"],
  [999.5, "1s"],
  [1_000, "1s"],
  [1_500, "1.5s"],
  [60_000, "1m0s"],
  [360_000, "6m0s"],
  [90_951, "1m30.951s"],
  [3_661_000, "1h1m1s"],
])("writes %d ms as %s", (durationMs, text) => {
  expect(formatDuration(durationMs)).toBe(text);
});
