import type { WebhookEvent } from "@tokenhub/contracts";
import type { WebhookEndpoint } from "@tokenhub/persistence";
import { webhookEventOf } from "./webhook-event-of.ts";

/** Tells the other endpoints of a tenant that one was disabled. */
export function disabledEventOf(endpoint: WebhookEndpoint): WebhookEvent {
  const { id, tenantId, projectId, disabledAtMs, updatedAtMs } = endpoint;
  const createdAtMs = disabledAtMs ?? updatedAtMs;
  return webhookEventOf({
    type: "webhook_endpoint.disabled",
    subjectId: id,
    // It may be enabled, and disabled again.
    occurrence: createdAtMs,
    tenantId,
    projectId,
    createdAtMs,
    data: { id, name: endpoint.name, url: endpoint.url, reason: endpoint.disabledReason },
  });
}
