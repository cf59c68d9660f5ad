import * as fc from "fast-check";
import { expect, test } from "vitest";
import { backoffCeilingMs, backoffDelayMs } from "./backoff-delay.ts";
import { defaultRecoveryPolicy } from "./recovery-policy.ts";

test.each([
  [1, 250],
  [2, 500],
  [3, 1_000],
  [4, 2_000],
  [5, 4_000],
  [6, 8_000],
  [7, 10_000],
  [8, 10_000],
  [5_000, 10_000],
])("after failed attempt %d the delay is between 0 and %d ms", (attempt, ceilingMs) => {
  expect(backoffCeilingMs(attempt, defaultRecoveryPolicy)).toBe(ceilingMs);
  expect(backoffDelayMs(attempt, defaultRecoveryPolicy, () => 0)).toBe(0);
  expect(backoffDelayMs(attempt, defaultRecoveryPolicy, () => 1 - Number.EPSILON)).toBe(ceilingMs);
  expect(backoffDelayMs(attempt, defaultRecoveryPolicy, () => 0.5)).toBe(Math.floor((ceilingMs + 1) / 2));
});

test("a delay is a whole number of milliseconds within [0, min(cap, base * 2^(attempt-1))]", () => {
  const policies = fc.record({
    baseDelayMs: fc.integer({ min: 0, max: 5_000 }),
    maxDelayMs: fc.integer({ min: 0, max: 60_000 }),
  });
  const chance = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 2_000 }), policies, chance, (attempt, policy, random) => {
      const delayMs = backoffDelayMs(attempt, policy, () => random);
      expect(Number.isInteger(delayMs)).toBe(true);
      expect(delayMs).toBeGreaterThanOrEqual(0);
      expect(delayMs).toBeLessThanOrEqual(
        Math.min(policy.maxDelayMs, policy.baseDelayMs * 2 ** Math.min(attempt - 1, 1_000)),
      );
    }),
  );
});
