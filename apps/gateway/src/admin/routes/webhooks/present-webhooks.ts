import type { WebhookEvent } from "@tokenhub/contracts";
import type { WebhookAttempt, WebhookDelivery, WebhookEndpoint } from "@tokenhub/persistence";
import { timeText } from "../../fields.ts";

export function presentEndpoint(endpoint: WebhookEndpoint) {
  return {
    id: endpoint.id,
    object: "webhook_endpoint",
    tenant_id: endpoint.tenantId,
    project_id: endpoint.projectId,
    name: endpoint.name,
    url: endpoint.url,
    event_types: endpoint.eventTypes,
    status: endpoint.isEnabled ? "enabled" : "disabled",
    disabled_reason: endpoint.disabledReason,
    disabled_at: timeText(endpoint.disabledAtMs),
    failing_since: timeText(endpoint.failingSinceMs),
    signing_secret_hint: endpoint.secretHint,
    old_secret_active_until: timeText(endpoint.oldSecretUntilMs),
    created_at: timeText(endpoint.createdAtMs),
    updated_at: timeText(endpoint.updatedAtMs),
  };
}

export function presentDelivery(delivery: WebhookDelivery) {
  return {
    id: delivery.id,
    object: "webhook_delivery",
    tenant_id: delivery.tenantId,
    webhook_endpoint_id: delivery.endpointId,
    event_id: delivery.eventId,
    event_type: delivery.eventType,
    url: delivery.url,
    state: delivery.state,
    trigger: delivery.trigger,
    attempt: delivery.attempt,
    next_attempt_at: timeText(delivery.nextAttemptAtMs),
    created_at: timeText(delivery.createdAtMs),
    finished_at: timeText(delivery.finishedAtMs),
  };
}

/** @param showsTexts whether what the receiver answered is part of it. */
export function presentAttempt(attempt: WebhookAttempt, { showsTexts }: { readonly showsTexts: boolean }) {
  return {
    attempt: attempt.attempt,
    started_at: timeText(attempt.startedAtMs),
    duration_ms: attempt.durationMs,
    outcome: attempt.outcome,
    status_code: attempt.statusCode,
    response_text: showsTexts ? attempt.responseText : null,
    problem: attempt.problem,
  };
}

export function presentEvent(event: WebhookEvent) {
  return {
    id: event.id,
    object: "event",
    tenant_id: event.tenantId,
    project_id: event.projectId,
    type: event.type,
    created_at: timeText(event.createdAtMs),
    data: event.data,
  };
}
