import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { decideNextAttempt, type NextAttemptInput } from "./decide-next-attempt.ts";
import { defaultWebhookRetryPolicy } from "./webhook-retry-policy.ts";

const nowMs = 1_700_000_000_000;
const hourMs = 3_600_000;
const failed = { attempt: 1, outcome: "refused", statusCode: 500, retryAfterMs: null } as const;

function decide(
  attempted: Partial<NextAttemptInput["attempted"]> = {},
  input: Partial<Omit<NextAttemptInput, "attempted">> = {},
) {
  return decideNextAttempt({
    attempted: { ...failed, ...attempted },
    nowMs,
    failingSinceMs: null,
    random: () => 0.5,
    ...input,
  });
}
const delayOf = (...given: Parameters<typeof decide>): number | null => {
  const next = decide(...given);
  return next.kind === "again" ? next.atMs - nowMs : null;
};

test("without jitter the attempts are made after 5 s, 5 min, 30 min, 2, 5, 10, 14, 20 and 24 h, ten in all", () => {
  const attempts = Array.from({ length: 10 }, (_, index) => delayOf({ attempt: index + 1 }));
  const hours = (count: number): number => count * hourMs;
  expect(attempts).toEqual([5_000, 300_000, 1_800_000, ...[2, 5, 10, 14, 20, 24].map(hours), null]);
  expect(decide({ attempt: 10 })).toEqual({
    kind: "given_up",
    problem: expect.stringContaining("All 10 attempts failed"),
  });
});

test("a delay is moved by a fifth at most, in both directions", () => {
  expect(delayOf({ attempt: 2 }, { random: () => 0 })).toBe(240_000);
  expect(delayOf({ attempt: 2 }, { random: () => 1 })).toBe(360_000);
});

test("what was delivered is done, whatever came before", () => {
  const delivered = { outcome: "delivered", statusCode: 204 } as const;
  expect(decide({ ...delivered, attempt: 10 }, { failingSinceMs: 0 })).toEqual({ kind: "delivered" });
});

describe("Retry-After", () => {
  test.each([
    ["less than planned", 60_000, 300_000],
    ["between", 400_000, 400_000],
    ["more than twice that", 86_400_000, 600_000],
  ])("that asks for %s counts between the planned delay and twice that", (_, retryAfterMs, delayMs) => {
    for (const statusCode of [500, 429, 503])
      expect(delayOf({ attempt: 2, statusCode, retryAfterMs })).toBe(delayMs);
  });

  test("never moves an attempt outside of planned and twice planned, at any time and jitter", () => {
    fc.assert(
      fc.property(
        fc.nat(9e9),
        fc.integer({ min: 1, max: 9 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (retryAfterMs, attempt, random) => {
          const planned = delayOf({ attempt }, { random: () => random }) ?? -1;
          const delay = delayOf({ attempt, retryAfterMs }, { random: () => random }) ?? -1;
          expect(delay).toBeGreaterThanOrEqual(planned);
          expect(delay).toBeLessThanOrEqual(2 * planned + 1);
        },
      ),
    );
  });
});

test.each([429, 502, 503, 504])("an answer %i is given 30 s at least", (statusCode) => {
  expect(delayOf({ statusCode })).toBe(30_000);
  expect(delayOf({ statusCode, attempt: 2 })).toBe(300_000);
});

test("a timeout is given 30 s at least, a refused connection is not", () => {
  expect(delayOf({ outcome: "timeout", statusCode: null })).toBe(30_000);
  expect(delayOf({ outcome: "connection_failed", statusCode: null })).toBe(5_000);
});

describe("an endpoint is gone", () => {
  test("at once when it answers 410, however the answer went on", () => {
    for (const outcome of ["refused", "answer_too_large"] as const)
      expect(decide({ statusCode: 410, outcome })).toMatchObject({ kind: "endpoint_gone", reason: "gone" });
  });

  test("after 120 h of failures only, not a moment earlier", () => {
    expect(decide({}, { failingSinceMs: nowMs - 120 * hourMs + 1 })).toMatchObject({ kind: "again" });
    expect(decide({}, { failingSinceMs: nowMs - 120 * hourMs })).toEqual({
      kind: "endpoint_gone",
      reason: "only_failures",
      problem: expect.stringContaining("120 hours"),
    });
  });

  test("never because this cluster cannot open the secret", () => {
    const attempted = { outcome: "unreadable_secret", statusCode: null } as const;
    expect(decide(attempted, { failingSinceMs: 0 })).toMatchObject({ kind: "again" });
  });
});

test("another schedule holds when it is given", () => {
  const policy = { ...defaultWebhookRetryPolicy, delaysMs: [0, 10], slowDownMs: 20 };
  expect(delayOf({}, { policy })).toBe(10);
  expect(delayOf({ statusCode: 429 }, { policy })).toBe(20);
  expect(decide({ attempt: 2 }, { policy })).toMatchObject({ kind: "given_up" });
});
