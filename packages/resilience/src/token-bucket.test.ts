import fc from "fast-check";
import { expect, test } from "vitest";
import { fullBucket, takeFromBucket, type TokenBucket } from "./token-bucket.ts";

const limits = { requestsPerSecond: 60, burst: 120 };

function takeAll(bucket: TokenBucket, nowMs: number): { taken: number; bucket: TokenBucket } {
  let taken = 0;
  let current = bucket;
  for (;;) {
    const outcome = takeFromBucket(current, { limits, nowMs });
    current = outcome.bucket;
    if (outcome.kind === "empty") return { taken, bucket: current };
    taken += 1;
  }
}

test("a full bucket serves its burst at once, and 60 more after a second", () => {
  const first = takeAll(fullBucket(limits, 1_000), 1_000);
  expect(first.taken).toBe(120);
  expect(takeAll(first.bucket, 2_000).taken).toBe(60);
});

test("an empty bucket says when the next permit is there, and is right", () => {
  const { bucket } = takeAll(fullBucket(limits, 0), 0);
  const refused = takeFromBucket(bucket, { limits, nowMs: 0 });
  expect(refused).toMatchObject({ kind: "empty", retryAfterMs: 17 });
  expect(takeFromBucket(refused.bucket, { limits, nowMs: 16 }).kind).toBe("empty");
  expect(takeFromBucket(refused.bucket, { limits, nowMs: 17 }).kind).toBe("taken");
});

test("however requests arrive, no window holds more than burst + rate * its length", () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: -50, max: 400 }), { maxLength: 400 }), (steps) => {
      let bucket = fullBucket(limits, 0);
      let nowMs = 0;
      let latestMs = 0;
      let taken = 0;
      for (const step of steps) {
        nowMs += step;
        latestMs = Math.max(latestMs, nowMs);
        const outcome = takeFromBucket(bucket, { limits, nowMs });
        bucket = outcome.bucket;
        if (outcome.kind === "taken") taken += 1;
        expect(bucket.tokens).toBeGreaterThanOrEqual(0);
        expect(taken).toBeLessThanOrEqual(
          limits.burst + (latestMs / 1_000) * limits.requestsPerSecond + 1e-6,
        );
      }
    }),
  );
});
