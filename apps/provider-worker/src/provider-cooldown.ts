import type { RateLimitSnapshot } from "@tokenhub/resilience";

/** Cool-down of a provider that refused or ran out without saying for how long. */
export const defaultCooldownMs = 1_000;
/** Headers are not believed for longer: later ones will repeat what is still true. */
const longestCooldownMs = 60_000;

/** How long a provider that has just answered wants no more calls, by its own rate-limit headers; 0: it takes more. */
export function cooldownMsOf(snapshot: RateLimitSnapshot | undefined, nowMs: number): number {
  if (snapshot === undefined) return 0;
  if (snapshot.remainingRequests !== 0 && snapshot.remainingTokens !== 0) return 0;
  const untilMs = snapshot.resetAtMs ?? nowMs + defaultCooldownMs;
  return Math.min(longestCooldownMs, Math.max(0, untilMs - nowMs));
}
