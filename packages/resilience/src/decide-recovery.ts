import type { CallFailure } from "@tokenhub/contracts";
import { backoffDelayMs } from "./backoff-delay.ts";
import type { RecoveryPolicy } from "./recovery-policy.ts";

/** What to do after a failed call. */
export type Recovery =
  /** Call the same candidate again after the delay. */
  | { readonly kind: "retry_same"; readonly delayMs: number }
  /** Hand the request back to the router without this candidate; only the router picks models. */
  | {
      readonly kind: "reroute";
      /** Every model of the provider is out, not only this one. */
      readonly wholeProvider: boolean;
      /** Only models with a larger context may follow. */
      readonly overflow: boolean;
    }
  /** End the request with this failure. */
  | { readonly kind: "give_up" };

export interface RecoveryInput {
  readonly failure: CallFailure;
  /** Calls made to this candidate, the failed one included. */
  readonly attemptsOnCandidate: number;
  /** Calls made for this request, the failed one included. */
  readonly attemptsInRequest: number;
  /** Whether the routing decision named another candidate that is worth leaving a rate-limited one for. */
  readonly hasFallback: boolean;
  /** Whether the caller may have seen a part of the answer. */
  readonly tokensSent: boolean;
  /** Time left until the request's deadline. */
  readonly remainingMs: number;
  readonly policy: RecoveryPolicy;
  /** Uniform in [0, 1). */
  readonly random: () => number;
}

const giveUp: Recovery = { kind: "give_up" };
const reroute: Extract<Recovery, { kind: "reroute" }> = {
  kind: "reroute",
  wholeProvider: false,
  overflow: false,
};

/**
 * The one reaction to each class of failure:
 *
 * | class            | reaction                                                                                        |
 * |------------------|-------------------------------------------------------------------------------------------------|
 * | context_overflow | reroute to a larger context                                                                     |
 * | rate_limited     | reroute when there is a fallback; else the same candidate after Retry-After (or a backoff);      |
 * |                  | give up when that wait is too long                                                              |
 * | transient        | the same candidate after a backoff, up to the attempts per candidate; then reroute              |
 * | auth             | reroute, the whole provider is out                                                              |
 * | quota_exhausted  | reroute, the whole provider is out                                                              |
 * | bad_request      | give up: another call would fail the same way                                                   |
 * | fatal            | reroute                                                                                         |
 * | cancelled        | give up                                                                                         |
 * | deadline         | give up                                                                                         |
 *
 * Whatever the class, the request ends when the caller may have seen a part of the answer, when the attempts per request
 * are used up, or when no time is left. A delay always ends before the deadline.
 *
 * - A wait is too long when it does not end before the deadline, or when the provider asks for more than
 *   `maxRetryAfterMs`.
 * - A transient failure with a Retry-After waits at least that long. When the wait is too long, or longer than a backoff
 *   can be while there is a fallback, the request is rerouted instead.
 * - A transient failure to connect at all (`provider_unreachable`) takes out the whole provider once it is rerouted.
 * - Waiting for a rate limit is bounded by the attempts per request and the deadline, not by the attempts per candidate.
 * - A reroute may find nothing; the router then ends the request with this failure.
 */
export function decideRecovery(input: RecoveryInput): Recovery {
  if (input.tokensSent || input.remainingMs <= 0) return giveUp;
  if (input.attemptsInRequest >= input.policy.maxAttemptsPerRequest) return giveUp;
  switch (input.failure.class) {
    case "context_overflow":
      return { ...reroute, overflow: true };
    case "rate_limited":
      return afterRateLimit(input);
    case "transient":
      return afterTransient(input);
    case "auth":
    case "quota_exhausted":
      return { ...reroute, wholeProvider: true };
    case "fatal":
      return reroute;
    case "bad_request":
    case "cancelled":
    case "deadline":
      return giveUp;
  }
}

function afterRateLimit(input: RecoveryInput): Recovery {
  if (input.hasFallback) return reroute;
  const delayMs = input.failure.retryAfterMs ?? backoffOf(input);
  return isTooLong(delayMs, input) ? giveUp : { kind: "retry_same", delayMs };
}

function afterTransient(input: RecoveryInput): Recovery {
  const { failure, policy } = input;
  const elsewhere: Recovery = { ...reroute, wholeProvider: failure.code === "provider_unreachable" };
  if (input.attemptsOnCandidate >= policy.maxAttemptsPerCandidate) return elsewhere;
  const retryAfterMs = failure.retryAfterMs ?? 0;
  if (input.hasFallback && retryAfterMs > policy.maxDelayMs) return elsewhere;
  const delayMs = Math.max(retryAfterMs, backoffOf(input));
  return isTooLong(delayMs, input) ? elsewhere : { kind: "retry_same", delayMs };
}

function backoffOf({ attemptsOnCandidate, policy, random }: RecoveryInput): number {
  return backoffDelayMs(attemptsOnCandidate, policy, random);
}

function isTooLong(delayMs: number, { failure, policy, remainingMs }: RecoveryInput): boolean {
  return delayMs >= remainingMs || (failure.retryAfterMs ?? 0) > policy.maxRetryAfterMs;
}
