import {
  failureClassSchema,
  providerHealthSchema,
  type FailureClass,
  type ProviderHealth,
} from "@tokenhub/contracts";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { applyOutcome, initialHealth, type CallOutcome } from "./apply-outcome.ts";
import { breakerAllows, beginTrial } from "./breaker.ts";
import { countsAgainstHealth } from "./counts-against-health.ts";

const failed = (failureClass: FailureClass, retryAfterMs: number | null = null): CallOutcome => ({
  kind: "failure",
  failureClass,
  retryAfterMs,
});
const succeeded = (latencyMs: number): CallOutcome => ({ kind: "success", latencyMs });

function after(outcomes: readonly CallOutcome[], from: ProviderHealth | null = null): ProviderHealth {
  return outcomes.reduce<ProviderHealth>(
    (health, outcome, at) => applyOutcome(health, outcome, 1_000 + at),
    from ?? initialHealth,
  );
}

function errors(count: number): CallOutcome[] {
  return Array.from({ length: count }, () => failed("transient"));
}

describe("health", () => {
  test.each([
    [0, "healthy"],
    [1, "healthy"],
    [2, "degraded"],
    [4, "degraded"],
    [5, "down"],
    [9, "down"],
  ] as const)("S1-32: %d consecutive errors make it %s", (count, status) => {
    expect(after(errors(count))).toMatchObject({ status, consecutiveErrors: count });
  });

  test("one success makes it healthy again", () => {
    expect(after([...errors(7), succeeded(100)])).toMatchObject({ status: "healthy", consecutiveErrors: 0 });
  });

  test("latency is averaged 0.9 to 0.1, starting with the first success", () => {
    expect(after([succeeded(100)]).latencyMs).toBe(100);
    expect(after([succeeded(100), succeeded(200)]).latencyMs).toBe(110);
    expect(after([succeeded(100), failed("transient"), succeeded(200)]).latencyMs).toBe(110);
  });

  test("the error rate is averaged 0.9 to 0.1, starting from 0", () => {
    expect(after(errors(1)).errorRate).toBeCloseTo(0.1, 12);
    expect(after(errors(2)).errorRate).toBeCloseTo(0.19, 12);
    expect(after([...errors(2), succeeded(5)]).errorRate).toBeCloseTo(0.171, 12);
  });

  test.each(["bad_request", "context_overflow", "cancelled", "deadline"] as const)(
    "%s changes nothing, however often",
    (failureClass) => {
      const health = after([succeeded(100), ...errors(2)]);
      expect(
        after(
          Array.from({ length: 9 }, () => failed(failureClass, 9_000)),
          health,
        ),
      ).toEqual(health);
    },
  );

  test("a provider without a record starts from the initial health", () => {
    expect(applyOutcome(null, failed("auth"), 77)).toEqual(applyOutcome(initialHealth, failed("auth"), 77));
  });
});

describe("a rate limit", () => {
  test("S1d-7, S1-60: pauses the provider for Retry-After, or for a second without one", () => {
    expect(applyOutcome(null, failed("rate_limited", 7_000), 500)).toEqual({
      ...initialHealth,
      cooldownUntilMs: 7_500,
    });
    expect(applyOutcome(null, failed("rate_limited"), 500)).toEqual({
      ...initialHealth,
      cooldownUntilMs: 1_500,
    });
  });

  test("never shortens a longer pause", () => {
    const paused = applyOutcome(null, failed("rate_limited", 60_000), 0);
    expect(applyOutcome(paused, failed("rate_limited", 1_000), 10).cooldownUntilMs).toBe(60_000);
    expect(applyOutcome(paused, succeeded(50), 20).cooldownUntilMs).toBe(60_000);
  });

  test("never opens the breaker", () => {
    expect(after(Array.from({ length: 50 }, () => failed("rate_limited")))).toMatchObject({
      breaker: "closed",
      consecutiveErrors: 0,
    });
  });
});

describe("the breaker", () => {
  const nowMs = 1_000_000;
  const tripped = after(errors(2));
  const open = applyOutcome(tripped, failed("transient"), nowMs);

  test("S3-93: opens at the third consecutive error, not before", () => {
    expect(tripped).toMatchObject({ breaker: "closed", openedAtMs: 0 });
    expect(open).toMatchObject({ breaker: "open", openedAtMs: nowMs });
    expect(after([...errors(2), succeeded(1), ...errors(2)]).breaker).toBe("closed");
  });

  test("S3-93: after 30 seconds a trial that succeeds closes it", () => {
    expect(breakerAllows(open, nowMs + 30_000)).toBe("trial");
    const closed = applyOutcome(beginTrial(open), succeeded(80), nowMs + 31_000);
    expect(closed).toMatchObject({
      breaker: "closed",
      openedAtMs: 0,
      consecutiveErrors: 0,
      status: "healthy",
    });
    expect(breakerAllows(closed, nowMs + 31_000)).toBe("allow");
  });

  test("S3-93: a trial that fails opens it for another 30 seconds", () => {
    const again = applyOutcome(beginTrial(open), failed("transient"), nowMs + 31_000);
    expect(again).toMatchObject({ breaker: "open", openedAtMs: nowMs + 31_000, consecutiveErrors: 4 });
    expect(breakerAllows(again, nowMs + 60_999)).toBe("refuse");
    expect(breakerAllows(again, nowMs + 61_000)).toBe("trial");
  });

  test("a trial that says nothing about the provider leaves the next one free", () => {
    const undecided = applyOutcome(beginTrial(open), failed("bad_request"), nowMs + 31_000);
    expect(breakerAllows(undecided, nowMs + 31_000)).toBe("trial");
  });

  test("errors of calls from before it opened do not prolong it, a success among them closes it", () => {
    const late = applyOutcome(open, failed("transient"), nowMs + 20_000);
    expect(late).toMatchObject({ breaker: "open", openedAtMs: nowMs, consecutiveErrors: 4 });
    expect(applyOutcome(late, succeeded(10), nowMs + 21_000).breaker).toBe("closed");
  });
});

const outcomes: fc.Arbitrary<CallOutcome> = fc.oneof(
  fc.integer({ min: 0, max: 60_000 }).map(succeeded),
  fc
    .tuple(fc.constantFrom(...failureClassSchema.options), fc.option(fc.integer({ min: 0, max: 600_000 })))
    .map(([failureClass, retryAfterMs]) => failed(failureClass, retryAfterMs)),
  fc.constant(failed("transient")),
);
const histories = fc.array(fc.tuple(outcomes, fc.integer({ min: 0, max: 40_000 })), { maxLength: 60 });

test("over any history the record stays valid and its fields agree with each other", () => {
  fc.assert(
    fc.property(histories, (history) => {
      let nowMs = 1;
      let health = initialHealth;
      let inARow = 0;
      for (const [outcome, passedMs] of history) {
        nowMs += passedMs;
        if (breakerAllows(health, nowMs) === "trial") health = beginTrial(health);
        health = applyOutcome(health, outcome, nowMs);
        if (outcome.kind === "success") inARow = 0;
        else if (countsAgainstHealth(outcome.failureClass) === "error") inARow += 1;
        providerHealthSchema.parse(health);
        expect(health.consecutiveErrors).toBe(inARow);
        expect(health.breaker === "closed").toBe(inARow < 3);
        expect(health.openedAtMs === 0).toBe(health.breaker === "closed");
        expect(health.status).toBe(inARow >= 5 ? "down" : inARow >= 2 ? "degraded" : "healthy");
      }
    }),
  );
});

test("the record given is left as it was", () => {
  fc.assert(
    fc.property(outcomes, (outcome) => {
      const health = Object.freeze({ ...initialHealth });
      expect(applyOutcome(health, outcome, 5)).not.toBe(health);
    }),
  );
});
