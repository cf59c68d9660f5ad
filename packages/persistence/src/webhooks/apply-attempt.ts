import type { WebhookAttemptedFact } from "@tokenhub/contracts";
import type { WebhookDeliveryState, WebhookDeliveryTrigger } from "./delivery-row.ts";

/** What is known of a delivery when an attempt of it is told. */
export interface AttemptedDelivery {
  readonly id: string;
  readonly endpointId: string | null;
  /** Null: there is no endpoint, or it is gone. */
  readonly endpointStatus: "enabled" | "disabled" | null;
  readonly failingSinceMs: number | null;
  readonly state: WebhookDeliveryState;
  readonly trigger: WebhookDeliveryTrigger;
  /** Attempts that were begun. */
  readonly attempt: number;
  /** How many of them the schedule does not count. */
  readonly earlierAttempts: number;
}

/** How a delivery goes on after an attempt; see `decideNextAttempt` of the package `webhooks`. */
type AttemptDecision =
  | { readonly kind: "delivered" }
  | { readonly kind: "again"; readonly atMs: number }
  | { readonly kind: "given_up" }
  | { readonly kind: "endpoint_gone"; readonly problem: string };

export type AttemptDecider = (input: {
  /** Its `attempt` is the one that the schedule counts. */
  readonly attempted: WebhookAttemptedFact;
  readonly failingSinceMs: number | null;
}) => AttemptDecision;

export interface AttemptEffect {
  readonly delivery: {
    readonly state: WebhookDeliveryState;
    readonly attempt: number;
    readonly nextAttemptAtMs: number | null;
    readonly finishedAtMs: number | null;
  };
  /** Since when every attempt at the endpoint failed; null: the last one did not. */
  readonly failingSinceMs: number | null;
  readonly changesHealth: boolean;
  /** Why the endpoint is to be disabled; null: it is not. */
  readonly disabledReason: string | null;
}

/**
 * What follows from an attempt. Null: it is not the one that the delivery waits for, and changes nothing. Tests say nothing of
 * an endpoint's health, and a secret that cannot be opened is not the receiver's fault.
 */
export function applyAttempt(
  delivery: AttemptedDelivery,
  {
    attempted,
    decide,
    nowMs,
  }: {
    readonly attempted: WebhookAttemptedFact;
    readonly decide: AttemptDecider;
    readonly nowMs: number;
  },
): AttemptEffect | null {
  if (!isAwaited(delivery, attempted)) return null;
  const { trigger, endpointId, earlierAttempts } = delivery;
  const changesHealth =
    endpointId !== null && trigger !== "test" && attempted.outcome !== "unreadable_secret";
  const failingSinceMs = !changesHealth
    ? delivery.failingSinceMs
    : attempted.outcome === "delivered"
      ? null
      : (delivery.failingSinceMs ?? Math.round(attempted.startedAtMs));
  const decision = decide({
    attempted: { ...attempted, attempt: Math.max(1, attempted.attempt - earlierAttempts) },
    failingSinceMs: trigger === "test" ? null : failingSinceMs,
  });
  const isDisabling = decision.kind === "endpoint_gone" && changesHealth;
  return {
    delivery: { ...nextStateOf(delivery, { decision, nowMs }), attempt: attempted.attempt },
    failingSinceMs,
    changesHealth,
    disabledReason: isDisabling ? decision.problem : null,
  };
}

/** An attempt that was taken for lost, and whose delivery waits again under the number before it, counts all the same. */
function isAwaited({ state, attempt }: AttemptedDelivery, attempted: WebhookAttemptedFact): boolean {
  return (
    (state === "sending" && attempt === attempted.attempt) ||
    (state === "pending" && attempt === attempted.attempt - 1)
  );
}

function nextStateOf(
  { endpointId, endpointStatus, trigger }: AttemptedDelivery,
  { decision, nowMs }: { readonly decision: AttemptDecision; readonly nowMs: number },
): Pick<AttemptEffect["delivery"], "state" | "nextAttemptAtMs" | "finishedAtMs"> {
  const ended = { nextAttemptAtMs: null, finishedAtMs: nowMs };
  if (decision.kind === "delivered") return { state: "delivered", ...ended };
  if (endpointId !== null && endpointStatus === null) return { state: "discarded", ...ended };
  const isTriedAgain =
    decision.kind === "again" &&
    (trigger === "scheduled" || trigger === "recovery") &&
    endpointStatus !== "disabled";
  if (!isTriedAgain) return { state: "failed", ...ended };
  return { state: "pending", nextAttemptAtMs: Math.round(decision.atMs), finishedAtMs: null };
}
