import fc from "fast-check";
import { expect, test } from "vitest";
import { createLineLimiter } from "./line-limiter.ts";

test("lines beyond the limit are left out and told by the first one of the next minute", () => {
  let nowMs = 0;
  const limiter = createLineLimiter({ perMinute: 2, now: () => nowMs });
  const told: number[] = [];
  for (let index = 0; index < 5; index += 1) limiter.line((suppressed) => told.push(suppressed));
  expect(told).toEqual([0, 0]);
  nowMs = 60_000;
  limiter.line((suppressed) => told.push(suppressed));
  limiter.line((suppressed) => told.push(suppressed));
  expect(told).toEqual([0, 0, 3, 0]);
});

test("every line is either written or counted, and no minute has more than its share", () => {
  fc.assert(
    fc.property(fc.array(fc.nat({ max: 30_000 })), fc.integer({ min: 1, max: 5 }), (gapsMs, perMinute) => {
      let nowMs = 0;
      const writtenAtMs: number[] = [];
      let told = 0;
      const limiter = createLineLimiter({ perMinute, now: () => nowMs });
      for (const gapMs of gapsMs) {
        nowMs += gapMs;
        limiter.line((suppressed) => {
          writtenAtMs.push(nowMs);
          told += suppressed;
        });
      }
      nowMs += 60_000;
      limiter.line((suppressed) => {
        told += suppressed;
      });
      expect(writtenAtMs.length + told).toBe(gapsMs.length);
      // A window begins with a line, so any minute touches two of them at most.
      for (const atMs of writtenAtMs)
        expect(
          writtenAtMs.filter((other) => other >= atMs && other < atMs + 60_000).length,
        ).toBeLessThanOrEqual(2 * perMinute);
    }),
  );
});
