import { expect, test } from "vitest";
import { initialHealth } from "./apply-outcome.ts";
import { breakerAllows, beginTrial } from "./breaker.ts";

const openedAtMs = 5_000_000;

test.each([
  ["closed", 0, "allow"],
  ["closed", 40_000, "allow"],
  ["open", 0, "refuse"],
  ["open", 29_999, "refuse"],
  ["open", 30_000, "trial"],
  ["half_open", 29_999, "refuse"],
  ["half_open", 30_000, "trial"],
] as const)("S3-93: a breaker that is %s for %d ms answers: %s", (breaker, sinceMs, verdict) => {
  expect(breakerAllows({ ...initialHealth, breaker, openedAtMs }, openedAtMs + sinceMs)).toBe(verdict);
});

test("a provider without a record is called", () => {
  expect(breakerAllows(null, 0)).toBe("allow");
});

test("a trial leaves everything but the breaker's state as it was", () => {
  const open = { ...initialHealth, breaker: "open" as const, openedAtMs, consecutiveErrors: 3 };
  expect(beginTrial(open)).toEqual({ ...open, breaker: "half_open" });
});
