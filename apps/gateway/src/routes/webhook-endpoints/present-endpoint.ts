import type { WebhookAttempt, WebhookDelivery, WebhookEndpoint } from "@tokenhub/persistence";

/** As OpenAI's SDK types it, with what is ours beside it. */
export function presentEndpoint(endpoint: WebhookEndpoint) {
  return {
    id: endpoint.id,
    object: "webhook_endpoint",
    name: endpoint.name,
    url: endpoint.url,
    event_types: endpoint.eventTypes,
    created_at: secondsOf(endpoint.createdAtMs),
    updated_at: secondsOf(endpoint.updatedAtMs),
    signing_secret_hint: endpoint.secretHint,
    status: endpoint.isEnabled ? "enabled" : "disabled",
    disabled_reason: endpoint.disabledReason,
    failing_since: secondsOrNull(endpoint.failingSinceMs),
    old_secret_active_until: secondsOrNull(endpoint.oldSecretUntilMs),
  };
}

/** One line of the log, with every attempt that was made. */
export function presentDelivery(delivery: WebhookDelivery, attempts: readonly WebhookAttempt[]) {
  return {
    id: delivery.id,
    object: "webhook_delivery",
    webhook_endpoint_id: delivery.endpointId,
    event_id: delivery.eventId,
    event_type: delivery.eventType,
    url: delivery.url,
    state: delivery.state,
    trigger: delivery.trigger,
    created_at: secondsOf(delivery.createdAtMs),
    finished_at: secondsOrNull(delivery.finishedAtMs),
    next_attempt_at: secondsOrNull(delivery.nextAttemptAtMs),
    attempts: attempts.map(presentAttempt),
  };
}

function presentAttempt(attempt: WebhookAttempt) {
  return {
    attempt: attempt.attempt,
    started_at: attempt.startedAtMs / 1_000,
    duration_ms: attempt.durationMs,
    outcome: attempt.outcome,
    status_code: attempt.statusCode,
    response_text: attempt.responseText,
    problem: attempt.problem,
  };
}

export function secondsOf(timeMs: number): number {
  return Math.floor(timeMs / 1_000);
}

function secondsOrNull(timeMs: number | null): number | null {
  return timeMs === null ? null : secondsOf(timeMs);
}

/** A page as OpenAI's lists have it. */
export function presentList<Item extends { readonly id: string }>(items: readonly Item[], hasMore: boolean) {
  return {
    object: "list",
    data: items,
    first_id: items[0]?.id ?? null,
    last_id: items.at(-1)?.id ?? null,
    has_more: hasMore,
  };
}
