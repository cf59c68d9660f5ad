import { createKeyspace, type ProviderHealth } from "@tokenhub/contracts";
import {
  applyOutcome,
  beginTrial,
  breakerAllows,
  initialHealth,
  type CallOutcome,
} from "@tokenhub/resilience";
import { uniquePrefix } from "@tokenhub/testkit";
import fc from "fast-check";
import { Redis } from "ioredis";
import { afterAll, expect, inject, it } from "vitest";
import { createCallLedger, type HealthOutcome } from "./call-ledger.ts";
import { readProviderHealth } from "./provider-health-store.ts";

const redis = new Redis(inject("redisUrl"));
afterAll(() => redis.disconnect());

const success = fc.record({
  kind: fc.constant("success" as const),
  latencyMs: fc.integer({ min: 0, max: 60_000 }),
});
const failure = fc.record({
  kind: fc.constant("failure" as const),
  failureClass: fc.constantFrom("transient" as const, "rate_limited" as const, "bad_request" as const),
  retryAfterMs: fc.option(fc.integer({ min: 0, max: 60_000 })),
});

function asHealthOutcome(outcome: CallOutcome): HealthOutcome {
  if (outcome.kind === "success") return outcome;
  if (outcome.failureClass === "rate_limited")
    return { kind: "rate_limited", cooldownMs: outcome.retryAfterMs ?? 1_000 };
  return { kind: outcome.failureClass === "transient" ? "error" : "neutral" };
}

/** Times come from two clocks a few milliseconds apart. */
function sameHealth(actual: ProviderHealth, expected: ProviderHealth): void {
  expect(actual).toMatchObject({
    status: expected.status,
    consecutiveErrors: expected.consecutiveErrors,
    breaker: expected.breaker,
  });
  expect(actual.errorRate).toBeCloseTo(expected.errorRate, 6);
  expect(actual.latencyMs ?? -1).toBeCloseTo(expected.latencyMs ?? -1, 3);
  expect(Math.abs(actual.openedAtMs - expected.openedAtMs)).toBeLessThan(2_000);
  expect(Math.abs(actual.cooldownUntilMs - expected.cooldownUntilMs)).toBeLessThan(2_000);
}

it("the health kept in Redis is what the resilience package says it should be, for any sequence of outcomes", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.oneof(success, failure), { minLength: 1, maxLength: 15 }),
      async (outcomes) => {
        const keyspace = createKeyspace(uniquePrefix());
        const ledger = createCallLedger(redis, keyspace);
        const attempt = {
          modelId: "m",
          providerId: "p",
          round: 0,
          startedAtMs: 0,
          durationMs: 0,
          failure: null,
          called: true,
        };
        let expected: ProviderHealth = initialHealth;
        for (const outcome of outcomes) {
          await ledger.release({
            requestId: "req_0",
            token: "t",
            providerId: "p",
            health: asHealthOutcome(outcome),
            attempt,
          });
          expected = applyOutcome(expected, outcome, Date.now());
        }
        const actual = (await readProviderHealth(redis, keyspace, ["p"])).get("p");
        expect(actual).toBeDefined();
        sameHealth(actual ?? initialHealth, expected);
      },
    ),
    { numRuns: 60 },
  );
});

it("an open breaker refuses claims, and after its time lets exactly one trial through", async () => {
  const keyspace = createKeyspace(uniquePrefix());
  const ledger = createCallLedger(redis, keyspace);
  const attempt = {
    modelId: "m",
    providerId: "p",
    round: 0,
    startedAtMs: 0,
    durationMs: 0,
    failure: null,
    called: true,
  };
  for (let error = 0; error < 3; error += 1)
    await ledger.release({
      requestId: "req_0",
      token: "t",
      providerId: "p",
      health: { kind: "error" },
      attempt,
    });
  const claim = async (requestId: string) => {
    await redis.set(keyspace.requestBody(requestId), "{}");
    return ledger.claim({ requestId, providerId: "p", round: 0, token: requestId, incidentJson: "{}" });
  };
  expect(await claim("req_1")).toMatchObject({ kind: "breaker_open" });

  await redis.hset(keyspace.providerHealth("p"), "openedAtMs", Date.now() - 30_001);
  const health = (await readProviderHealth(redis, keyspace, ["p"])).get("p") ?? initialHealth;
  expect(breakerAllows(health, Date.now())).toBe("trial");
  const kinds = (await Promise.all(["req_2", "req_3", "req_4"].map(claim))).map((answer) => answer.kind);
  expect(kinds.toSorted()).toEqual(["breaker_open", "breaker_open", "fresh"]);
  expect((await readProviderHealth(redis, keyspace, ["p"])).get("p")?.breaker).toBe(
    beginTrial(health).breaker,
  );
});
