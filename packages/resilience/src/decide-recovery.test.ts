import { failureClassSchema, type CallFailure, type FailureClass } from "@tokenhub/contracts";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { decideRecovery, type Recovery, type RecoveryInput } from "./decide-recovery.ts";
import { defaultRecoveryPolicy } from "./recovery-policy.ts";

function failure(failureClass: FailureClass, changes: Partial<CallFailure> = {}): CallFailure {
  return {
    class: failureClass,
    code: "provider_error",
    message: "It failed.",
    providerStatus: null,
    providerMessage: null,
    providerCode: null,
    retryAfterMs: null,
    ...changes,
  };
}

function decide(
  failureClass: FailureClass,
  changes: Partial<RecoveryInput> & { retryAfterMs?: number; code?: CallFailure["code"] } = {},
): Recovery {
  const { retryAfterMs, code, ...rest } = changes;
  return decideRecovery({
    failure: failure(failureClass, { retryAfterMs: retryAfterMs ?? null, ...(code ? { code } : {}) }),
    attemptsOnCandidate: 1,
    attemptsInRequest: 1,
    hasFallback: true,
    tokensSent: false,
    remainingMs: 120_000,
    policy: defaultRecoveryPolicy,
    random: () => 0.5,
    ...rest,
  });
}

const giveUp: Recovery = { kind: "give_up" };
const reroute = { kind: "reroute", wholeProvider: false, overflow: false } as const;

describe("each class of failure has one reaction", () => {
  test.each<[FailureClass, Recovery]>([
    ["context_overflow", { ...reroute, overflow: true }],
    ["rate_limited", reroute],
    ["transient", { kind: "retry_same", delayMs: 125 }],
    ["auth", { ...reroute, wholeProvider: true }],
    ["quota_exhausted", { ...reroute, wholeProvider: true }],
    ["bad_request", giveUp],
    ["fatal", reroute],
    ["cancelled", giveUp],
    ["deadline", giveUp],
  ])("S1d-34: %s", (failureClass, reaction) => {
    expect(decide(failureClass)).toEqual(reaction);
  });

  test("the table above is complete", () => {
    expect(failureClassSchema.options).toHaveLength(9);
  });
});

describe("a rate-limited call", () => {
  test("S1d-11: honours Retry-After when there is nowhere else to go", () => {
    expect(decide("rate_limited", { hasFallback: false, retryAfterMs: 7_000 })).toEqual({
      kind: "retry_same",
      delayMs: 7_000,
    });
    expect(decide("rate_limited", { hasFallback: false, retryAfterMs: 60_000 })).toEqual({
      kind: "retry_same",
      delayMs: 60_000,
    });
  });

  test("backs off when the provider does not say how long", () => {
    expect(decide("rate_limited", { hasFallback: false, attemptsOnCandidate: 3 })).toEqual({
      kind: "retry_same",
      delayMs: 500,
    });
  });

  test("gives up when the wait is above the cap or does not end before the deadline", () => {
    expect(decide("rate_limited", { hasFallback: false, retryAfterMs: 60_001 })).toEqual(giveUp);
    expect(decide("rate_limited", { hasFallback: false, retryAfterMs: 7_000, remainingMs: 7_000 })).toEqual(
      giveUp,
    );
    expect(decide("rate_limited", { hasFallback: false, retryAfterMs: 7_000, remainingMs: 7_001 }).kind).toBe(
      "retry_same",
    );
  });

  test("may wait more often than a transient failure, up to the attempts of the request", () => {
    const often = { hasFallback: false, retryAfterMs: 10, attemptsOnCandidate: 7 };
    expect(decide("rate_limited", { ...often, attemptsInRequest: 7 }).kind).toBe("retry_same");
    expect(decide("rate_limited", { ...often, attemptsInRequest: 8 })).toEqual(giveUp);
  });
});

describe("a transient failure", () => {
  test("S1-16, S1-17, S1-18, S3-94: is repeated with growing delays, then rerouted", () => {
    const reactions = [1, 2, 3].map((attempt) =>
      decide("transient", { attemptsOnCandidate: attempt, attemptsInRequest: attempt }),
    );
    expect(reactions).toEqual([
      { kind: "retry_same", delayMs: 125 },
      { kind: "retry_same", delayMs: 250 },
      reroute,
    ]);
  });

  test("waits at least as long as the provider asks", () => {
    expect(decide("transient", { retryAfterMs: 3_000 })).toEqual({ kind: "retry_same", delayMs: 3_000 });
    expect(decide("transient", { retryAfterMs: 3 })).toEqual({ kind: "retry_same", delayMs: 125 });
  });

  test("leaves for a fallback rather than wait longer than any backoff", () => {
    expect(decide("transient", { retryAfterMs: 10_001 })).toEqual(reroute);
    expect(decide("transient", { retryAfterMs: 10_001, hasFallback: false })).toEqual({
      kind: "retry_same",
      delayMs: 10_001,
    });
  });

  test("is rerouted when the wait is above the cap or does not end before the deadline", () => {
    expect(decide("transient", { hasFallback: false, retryAfterMs: 60_001 })).toEqual(reroute);
    expect(decide("transient", { remainingMs: 125 })).toEqual(reroute);
    expect(decide("transient", { remainingMs: 126 }).kind).toBe("retry_same");
  });

  test("to connect takes out the whole provider in the end", () => {
    const unreachable = { code: "provider_unreachable" as const };
    expect(decide("transient", unreachable).kind).toBe("retry_same");
    expect(decide("transient", { ...unreachable, attemptsOnCandidate: 3 })).toEqual({
      ...reroute,
      wholeProvider: true,
    });
  });
});

const inputs: fc.Arbitrary<RecoveryInput> = fc.record({
  failure: fc
    .record({
      class: fc.constantFrom(...failureClassSchema.options),
      code: fc.constantFrom("provider_error" as const, "provider_unreachable" as const),
      retryAfterMs: fc.option(fc.integer({ min: 0, max: 600_000 })),
    })
    .map(({ class: failureClass, ...changes }) => failure(failureClass, changes)),
  attemptsOnCandidate: fc.integer({ min: 1, max: 12 }),
  attemptsInRequest: fc.integer({ min: 1, max: 12 }),
  hasFallback: fc.boolean(),
  tokensSent: fc.boolean(),
  remainingMs: fc.integer({ min: -1_000, max: 100_000 }),
  policy: fc.constant(defaultRecoveryPolicy),
  random: fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }).map((chance) => () => chance),
});

/** The first of many inputs for which the statement holds; null when there is none. */
function found(statement: (input: RecoveryInput, recovery: Recovery) => boolean): unknown {
  const property = fc.property(inputs, (input) => !statement(input, decideRecovery(input)));
  return fc.check(property, { numRuns: 1_000 }).counterexample;
}

describe("whatever the circumstances", () => {
  test("a bad request is given up", () => {
    expect(
      found(
        ({ failure: { class: failureClass } }, { kind }) =>
          failureClass === "bad_request" && kind !== "give_up",
      ),
    ).toBeNull();
  });

  test("a request whose reader may have seen tokens is given up", () => {
    expect(found(({ tokensSent }, { kind }) => tokensSent && kind !== "give_up")).toBeNull();
  });

  test("a request without time or attempts left is given up", () => {
    expect(found(({ remainingMs }, { kind }) => remainingMs <= 0 && kind !== "give_up")).toBeNull();
    expect(
      found(({ attemptsInRequest }, { kind }) => attemptsInRequest >= 8 && kind !== "give_up"),
    ).toBeNull();
  });

  test("a delay ends before the deadline, and is never longer than the cap", () => {
    expect(
      found(({ remainingMs }, recovery) => recovery.kind === "retry_same" && recovery.delayMs >= remainingMs),
    ).toBeNull();
    expect(
      found((_input, recovery) => recovery.kind === "retry_same" && recovery.delayMs > 60_000),
    ).toBeNull();
  });

  test("a delay is never shorter than what the provider asked for", () => {
    expect(
      found(
        ({ failure: { retryAfterMs } }, recovery) =>
          recovery.kind === "retry_same" && recovery.delayMs < (retryAfterMs ?? 0),
      ),
    ).toBeNull();
  });

  test("only an overflow asks for a larger context, only transient failures and rate limits are repeated as they are", () => {
    expect(
      found(
        ({ failure: { class: failureClass } }, recovery) =>
          recovery.kind === "reroute" && recovery.overflow !== (failureClass === "context_overflow"),
      ),
    ).toBeNull();
    expect(
      found(
        ({ failure: { class: failureClass } }, { kind }) =>
          kind === "retry_same" && failureClass !== "transient" && failureClass !== "rate_limited",
      ),
    ).toBeNull();
  });
});
