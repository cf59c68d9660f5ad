import type { RecoveryPolicy } from "./recovery-policy.ts";

/** Beyond every cap, and far from where `2 ** n` becomes infinite and turns a base of 0 into NaN. */
const mostDoublings = 40;

/** Highest delay after the given failed attempt (the first one is 1): `min(maxDelayMs, baseDelayMs * 2^(attempt - 1))`. */
export function backoffCeilingMs(
  attempt: number,
  policy: Pick<RecoveryPolicy, "baseDelayMs" | "maxDelayMs">,
): number {
  const doublings = Math.min(mostDoublings, Math.max(1, attempt) - 1);
  return Math.min(policy.maxDelayMs, policy.baseDelayMs * 2 ** doublings);
}

/**
 * Delay before the next attempt, in whole milliseconds, with full jitter: uniform between 0 and the ceiling, so that many
 * requests that failed together do not come back together. With the default policy:
 *
 * | failed attempt | delay, ms   | on average |
 * |----------------|-------------|------------|
 * | 1              | 0 - 250     | 125        |
 * | 2              | 0 - 500     | 250        |
 * | 3              | 0 - 1,000   | 500        |
 * | 4              | 0 - 2,000   | 1,000      |
 * | 5              | 0 - 4,000   | 2,000      |
 * | 6              | 0 - 8,000   | 4,000      |
 * | 7 and later    | 0 - 10,000  | 5,000      |
 *
 * `random` returns a number in [0, 1), as `Math.random` does.
 */
export function backoffDelayMs(
  attempt: number,
  policy: Pick<RecoveryPolicy, "baseDelayMs" | "maxDelayMs">,
  random: () => number,
): number {
  const ceilingMs = Math.floor(backoffCeilingMs(attempt, policy));
  return Math.min(ceilingMs, Math.floor(random() * (ceilingMs + 1)));
}
