import type { ProviderHealth } from "@tokenhub/contracts";

/** Numbers of provider health and of the circuit breaker. */
export const breakerPolicy = {
  /** Consecutive errors from which a provider is `degraded`. */
  degradedAtErrors: 2,
  /** Consecutive errors that open the breaker. */
  openAtErrors: 3,
  /** Consecutive errors from which a provider is `down`. */
  downAtErrors: 5,
  /** How long an open breaker refuses every call. */
  openMs: 30_000,
  /** Cool-down after a rate limit without Retry-After. */
  defaultCooldownMs: 1_000,
  /** Share of the old value in a moving average; the new one has the rest. */
  keptShare: 0.9,
  newShare: 0.1,
} as const;

export type BreakerVerdict = "allow" | "trial" | "refuse";

/**
 * Whether a provider's breaker lets a call through.
 *
 *     closed --3 errors in a row--> open --30 s, then beginTrial--> half_open --success--> closed
 *                                    ^----------------error-----------'
 *
 * | breaker             | within 30 s of opening | later   |
 * |---------------------|------------------------|---------|
 * | closed, or unknown  | allow                  | allow   |
 * | open                | refuse                 | trial   |
 * | half_open           | refuse                 | trial   |
 *
 * `trial` means one call, and whoever makes it marks the breaker with `beginTrial` first. That only one trial runs at a
 * time is for the store of the health to decide, which holds a lease on it: a trial whose worker died must not keep the
 * breaker half open for ever, so half-open alone is no refusal.
 */
export function breakerAllows(health: ProviderHealth | null, nowMs: number): BreakerVerdict {
  if (health === null || health.breaker === "closed") return "allow";
  return nowMs < health.openedAtMs + breakerPolicy.openMs ? "refuse" : "trial";
}

/** Health of a provider whose trial call is about to be made. */
export function beginTrial(health: ProviderHealth): ProviderHealth {
  return { ...health, breaker: "half_open" };
}
