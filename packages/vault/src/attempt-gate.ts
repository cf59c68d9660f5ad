/** Wrong passwords in a row. */
export interface AttemptRecord {
  readonly failures: number;
  readonly lastFailureAtMs: number;
}

export const noAttempts: AttemptRecord = { failures: 0, lastFailureAtMs: 0 };

export const attemptPolicy = {
  /** Wrong passwords that cost nothing but the derivation. */
  freeFailures: 5,
  baseDelayMs: 1_000,
  maxDelayMs: 300_000,
  /** A pause after which earlier failures no longer count. */
  forgetAfterMs: 3_600_000,
} as const;

/**
 * How long until another password is heard, in milliseconds; 0: now. Counted from the last wrong one:
 *
 * | wrong in a row | delay  |
 * |----------------|--------|
 * | up to 4        | none   |
 * | 5              | 1 s    |
 * | 6              | 2 s    |
 * | 7              | 4 s    |
 * | ...            | double |
 * | 14 and more    | 5 min  |
 *
 * That is at most about 300 guesses a day, while a person who mistypes hardly notices. A clock that was set back
 * lengthens the wait by no more than the delay itself.
 */
export function waitBeforeAttemptMs({ failures, lastFailureAtMs }: AttemptRecord, nowMs: number): number {
  const { freeFailures, baseDelayMs, maxDelayMs } = attemptPolicy;
  if (failures < freeFailures) return 0;
  const delayMs = Math.min(maxDelayMs, baseDelayMs * 2 ** Math.min(30, failures - freeFailures));
  return Math.min(delayMs, Math.max(0, lastFailureAtMs + delayMs - nowMs));
}

/** The record after one more wrong password. A right one leads back to `noAttempts`. */
export function recordFailure(record: AttemptRecord, nowMs: number): AttemptRecord {
  const isForgotten = nowMs - record.lastFailureAtMs >= attemptPolicy.forgetAfterMs;
  return { failures: (isForgotten ? 0 : record.failures) + 1, lastFailureAtMs: nowMs };
}
