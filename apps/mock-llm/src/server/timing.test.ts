import { expect, it } from "vitest";
import { timingOf, wholeAnswerAfterMs } from "./timing.ts";

it("has everything due at once without a plan", () => {
  const timing = timingOf({}, { fault: null });
  expect(timing).toEqual({ headersAfterMs: 0, firstTokenAfterMs: 0, intervalMs: 0 });
  expect(wholeAnswerAfterMs(timing, { tokens: 1_000 })).toBe(0);
});

it("never has the first token due before the headers", () => {
  expect(timingOf({ latencyMs: 50, timeToFirstTokenMs: 20 }, { fault: null }).firstTokenAfterMs).toBe(50);
  const slow = { kind: "slow" as const, latencyMs: 90 };
  expect(timingOf({ latencyMs: 50 }, { fault: slow })).toMatchObject({
    headersAfterMs: 90,
    firstTokenAfterMs: 90,
  });
});

it("has a whole answer due with its last token", () => {
  const timing = timingOf({ timeToFirstTokenMs: 100, tokensPerSecond: 50 }, { fault: null });
  expect(wholeAnswerAfterMs(timing, { tokens: 11 })).toBe(300);
  expect(wholeAnswerAfterMs(timing, { tokens: 0 })).toBe(100);
});

it("paces an endless stream even when the plan has no speed", () => {
  const fault = { kind: "endless_stream" as const };
  expect(timingOf({}, { fault }).intervalMs).toBe(5);
  expect(timingOf({ tokensPerSecond: 10 }, { fault }).intervalMs).toBe(100);
});
