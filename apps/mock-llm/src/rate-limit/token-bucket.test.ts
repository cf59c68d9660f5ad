import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { fullBucket, refill, take, waitForMs } from "./token-bucket.ts";

const perMinute = fc.integer({ min: 1, max: 100_000 });

describe("a token bucket", () => {
  it("never holds more than its capacity nor less than nothing, whatever is taken when there", () => {
    const events = fc.array(fc.record({ afterMs: fc.nat({ max: 100_000 }), amount: fc.nat({ max: 1_000 }) }));
    fc.assert(
      fc.property(perMinute, events, (capacity, sequence) => {
        let nowMs = 0;
        let bucket = fullBucket(capacity, { nowMs });
        for (const { afterMs, amount } of sequence) {
          nowMs += afterMs;
          bucket = refill(bucket, { nowMs });
          if (bucket.available >= amount) bucket = take(bucket, { amount });
          expect(bucket.available).toBeGreaterThanOrEqual(0);
          expect(bucket.available).toBeLessThanOrEqual(capacity);
        }
      }),
    );
  });

  it("holds the amount after exactly the announced wait, and not before", () => {
    fc.assert(
      fc.property(perMinute, fc.double({ min: 0.01, max: 1, noNaN: true }), (capacity, share) => {
        const amount = capacity * share;
        const empty = take(fullBucket(capacity, { nowMs: 0 }), { amount: capacity });
        const waitMs = waitForMs(empty, { amount });
        expect(refill(empty, { nowMs: waitMs }).available).toBeCloseTo(amount, 5);
        expect(refill(empty, { nowMs: waitMs * 0.9 }).available).toBeLessThan(amount);
      }),
    );
  });

  it("announces no more than the wait for a full bucket", () => {
    const bucket = take(fullBucket(60, { nowMs: 0 }), { amount: 60 });
    expect(waitForMs(bucket, { amount: 1 })).toBe(1_000);
    expect(waitForMs(bucket, { amount: 1_000 })).toBe(60_000);
  });

  it("refills nothing when the clock goes back", () => {
    const bucket = take(fullBucket(60, { nowMs: 1_000 }), { amount: 10 });
    expect(refill(bucket, { nowMs: 0 }).available).toBe(50);
  });
});
