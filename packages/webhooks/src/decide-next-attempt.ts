import type { WebhookAttemptedFact } from "@tokenhub/contracts";
import { defaultWebhookRetryPolicy, type WebhookRetryPolicy } from "./webhook-retry-policy.ts";

/** How a delivery goes on after an attempt. `problem` is a sentence for people. */
export type NextAttempt =
  | { readonly kind: "delivered" }
  | { readonly kind: "again"; readonly atMs: number }
  /** No attempt is left for this delivery; the endpoint stays in use. */
  | { readonly kind: "given_up"; readonly problem: string }
  /** The endpoint is to be disabled, with all that waits for it. */
  | { readonly kind: "endpoint_gone"; readonly reason: "gone" | "only_failures"; readonly problem: string };

export interface NextAttemptInput {
  readonly attempted: Pick<WebhookAttemptedFact, "attempt" | "outcome" | "statusCode" | "retryAfterMs">;
  /** When the attempt ended, or any time after that. */
  readonly nowMs: number;
  /** Since when every attempt at this endpoint failed; null when the one before succeeded, or there was none, or it is no endpoint. */
  readonly failingSinceMs: number | null;
  /** From 0 to 1. */
  readonly random: () => number;
  readonly policy?: WebhookRetryPolicy;
}

/** Decides what follows an attempt. The receiver's Retry-After counts between the planned delay and twice that. */
export function decideNextAttempt(input: NextAttemptInput): NextAttempt {
  const { attempted, nowMs, failingSinceMs, policy = defaultWebhookRetryPolicy } = input;
  if (attempted.outcome === "delivered") return { kind: "delivered" };
  if (attempted.statusCode === 410) {
    const problem = "The receiver answered 410 Gone, so nothing more is sent to it.";
    return { kind: "endpoint_gone", reason: "gone", problem };
  }
  if (isReceiversFault(attempted) && failingSinceMs !== null) {
    if (nowMs - failingSinceMs >= policy.disableAfterMs)
      return { kind: "endpoint_gone", reason: "only_failures", problem: onlyFailures(policy) };
  }
  const delayMs = policy.delaysMs[attempted.attempt];
  if (delayMs !== undefined) return { kind: "again", atMs: nowMs + waitMs(delayMs, input, policy) };
  const problem = `All ${attempted.attempt} attempts failed; send the event again once the receiver works.`;
  return { kind: "given_up", problem };
}

function waitMs(
  delayMs: number,
  { attempted, random }: NextAttemptInput,
  { jitter, slowDownMs }: WebhookRetryPolicy,
): number {
  const leastMs = asksForPatience(attempted) ? Math.max(delayMs, slowDownMs) : delayMs;
  const plannedMs = leastMs * (1 + jitter * (2 * random() - 1));
  return Math.round(Math.min(Math.max(attempted.retryAfterMs ?? 0, plannedMs), 2 * plannedMs));
}

function asksForPatience({ outcome, statusCode }: NextAttemptInput["attempted"]): boolean {
  return outcome === "timeout" || (statusCode !== null && [429, 502, 503, 504].includes(statusCode));
}

/** A secret that this cluster cannot open says nothing about the receiver. */
function isReceiversFault({ outcome }: NextAttemptInput["attempted"]): boolean {
  return outcome !== "unreadable_secret";
}

function onlyFailures({ disableAfterMs }: WebhookRetryPolicy): string {
  const hours = Math.round(disableAfterMs / 3_600_000);
  return `Every attempt failed for ${hours} hours, so the endpoint was disabled; enable it once the receiver works.`;
}
