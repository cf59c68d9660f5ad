import * as fc from "fast-check";
import { expect, test } from "vitest";
import {
  attemptPolicy,
  noAttempts,
  recordFailure,
  waitBeforeAttemptMs,
  type AttemptRecord,
} from "./attempt-gate.ts";

function failedTimes(failures: number): AttemptRecord {
  return { failures, lastFailureAtMs: 1_000_000 };
}

test.each([
  [0, 0],
  [4, 0],
  [5, 1_000],
  [6, 2_000],
  [7, 4_000],
  [13, 256_000],
  [14, 300_000],
  [10_000, 300_000],
])("after %d wrong passwords in a row the next one has to wait %d ms", (failures, waitMs) => {
  const record = failedTimes(failures);
  expect(waitBeforeAttemptMs(record, 1_000_000)).toBe(waitMs);
  expect(waitBeforeAttemptMs(record, 1_000_000 + waitMs)).toBe(0);
  if (waitMs > 0) expect(waitBeforeAttemptMs(record, 1_000_000 + waitMs - 1)).toBe(1);
});

test("a clock that was set back by a day makes nobody wait longer than the delay", () => {
  expect(waitBeforeAttemptMs(failedTimes(6), 1_000_000 - 86_400_000)).toBe(2_000);
});

test("a long pause makes earlier failures forgotten", () => {
  const { forgetAfterMs } = attemptPolicy;
  expect(recordFailure(failedTimes(20), 1_000_000 + forgetAfterMs - 1).failures).toBe(21);
  expect(recordFailure(failedTimes(20), 1_000_000 + forgetAfterMs).failures).toBe(1);
});

test("whoever guesses as fast as the gate lets them makes no more than 310 attempts in a day", () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 50 }), { minLength: 1, maxLength: 20 }), (pausesMs) => {
      let record = noAttempts;
      let attempts = 0;
      for (let nowMs = 0; nowMs < 86_400_000; attempts += 1) {
        record = recordFailure(record, nowMs);
        nowMs += waitBeforeAttemptMs(record, nowMs) + (pausesMs[attempts % pausesMs.length] ?? 0);
      }
      expect(attempts).toBeLessThanOrEqual(310);
    }),
    { numRuns: 20 },
  );
});
