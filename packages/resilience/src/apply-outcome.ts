import type { FailureClass, ProviderHealth } from "@tokenhub/contracts";
import { breakerPolicy } from "./breaker.ts";
import { countsAgainstHealth } from "./counts-against-health.ts";

export type CallOutcome =
  | { readonly kind: "success"; readonly latencyMs: number }
  | { readonly kind: "failure"; readonly failureClass: FailureClass; readonly retryAfterMs: number | null };

/** Health of a provider that has not been called yet. */
export const initialHealth: ProviderHealth = {
  status: "healthy",
  consecutiveErrors: 0,
  breaker: "closed",
  openedAtMs: 0,
  cooldownUntilMs: 0,
  latencyMs: null,
  errorRate: 0,
};

/**
 * The shared health of a provider after one more call. `null` stands for a provider without a record. The Lua script that
 * keeps the record in Redis does the same arithmetic in the same order.
 *
 * | field             | success                         | error (see `countsAgainstHealth`)                    |
 * |-------------------|---------------------------------|------------------------------------------------------|
 * | consecutiveErrors | 0                               | + 1                                                  |
 * | status            | healthy                         | 2 or more: degraded, 5 or more: down                 |
 * | breaker           | closed                          | half_open: open; closed with 3 or more errors: open  |
 * | openedAtMs        | 0                               | now when the breaker opens, else unchanged           |
 * | errorRate         | 0.9 * old                       | 0.9 * old + 0.1                                      |
 * | latencyMs         | 0.9 * old + 0.1 * new, or new   | unchanged                                            |
 * | cooldownUntilMs   | unchanged                       | unchanged                                            |
 *
 * A rate limit changes `cooldownUntilMs` only: now + Retry-After, or + 1 s without one; a later end that is already set
 * stays. Every other neutral failure changes nothing.
 *
 * Errors that arrive while the breaker is open belong to calls from before it opened and do not prolong it. A success
 * closes it whenever it comes.
 */
export function applyOutcome(
  health: ProviderHealth | null,
  outcome: CallOutcome,
  nowMs: number,
): ProviderHealth {
  const old = health ?? initialHealth;
  if (outcome.kind === "success") return afterSuccess(old, outcome.latencyMs);
  if (outcome.failureClass === "rate_limited") {
    const cooldownUntilMs = nowMs + (outcome.retryAfterMs ?? breakerPolicy.defaultCooldownMs);
    return { ...old, cooldownUntilMs: Math.max(old.cooldownUntilMs, cooldownUntilMs) };
  }
  return countsAgainstHealth(outcome.failureClass) === "error" ? afterError(old, nowMs) : { ...old };
}

function afterSuccess(old: ProviderHealth, latencyMs: number): ProviderHealth {
  const { keptShare, newShare } = breakerPolicy;
  return {
    ...old,
    status: "healthy",
    consecutiveErrors: 0,
    breaker: "closed",
    openedAtMs: 0,
    latencyMs: old.latencyMs === null ? latencyMs : keptShare * old.latencyMs + newShare * latencyMs,
    errorRate: keptShare * old.errorRate,
  };
}

function afterError(old: ProviderHealth, nowMs: number): ProviderHealth {
  const consecutiveErrors = old.consecutiveErrors + 1;
  const opens =
    old.breaker === "half_open" ||
    (old.breaker === "closed" && consecutiveErrors >= breakerPolicy.openAtErrors);
  return {
    ...old,
    status: statusOf(consecutiveErrors),
    consecutiveErrors,
    ...(opens ? { breaker: "open" as const, openedAtMs: nowMs } : {}),
    errorRate: breakerPolicy.keptShare * old.errorRate + breakerPolicy.newShare,
  };
}

function statusOf(consecutiveErrors: number): ProviderHealth["status"] {
  if (consecutiveErrors >= breakerPolicy.downAtErrors) return "down";
  return consecutiveErrors >= breakerPolicy.degradedAtErrors ? "degraded" : "healthy";
}
