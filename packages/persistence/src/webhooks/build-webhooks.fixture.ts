import type { WebhookAttemptedFact, WebhookEvent } from "@tokenhub/contracts";
import type { Database } from "../open-database.ts";
import { createWebhookEndpointRepository, type NewWebhookEndpoint } from "./webhook-endpoint-repository.ts";

export const webhookNowMs = 1_795_000_000_000;

let made = 0;
/** Ids of deliveries in the order in which they are made. */
export function nextDeliveryId(): string {
  made += 1;
  return `whd_${String(made).padStart(32, "0")}`;
}

export function buildEvent(number: number, event: Partial<WebhookEvent> = {}): WebhookEvent {
  return {
    id: `evt_${String(number).padStart(32, "0")}`,
    tenantId: "tenant-a",
    projectId: null,
    type: "job.succeeded",
    createdAtMs: webhookNowMs + number,
    data: { id: `job_${number}`, state: "succeeded" },
    ...event,
  };
}

/** An enabled endpoint of tenant-a that wants ends of jobs, unless told otherwise. */
export async function addEndpoint(
  db: Database["db"],
  endpoint: Partial<NewWebhookEndpoint> & { readonly id: string },
): Promise<void> {
  await createWebhookEndpointRepository(db).create(
    {
      tenantId: "tenant-a",
      projectId: null,
      name: endpoint.id,
      url: `https://${endpoint.id.replace("_", "-")}.example.com/hook`,
      eventTypes: ["job.succeeded", "job.failed", "webhook_endpoint.disabled"],
      secret: { sealed: `sealed-${endpoint.id}`, hint: "whsec_...abcd" },
      ...endpoint,
    },
    { nowMs: webhookNowMs, most: 1_000 },
  );
}

/** An attempt that the receiver answered with 200, unless told otherwise. */
export function buildAttempted(
  deliveryId: string,
  attempted: Partial<WebhookAttemptedFact> = {},
): WebhookAttemptedFact {
  const { attempt = 1 } = attempted;
  return {
    v: 1,
    type: "webhook-attempted",
    eventId: `${deliveryId}.${attempt}`,
    deliveryId,
    attempt,
    startedAtMs: webhookNowMs + attempt * 100,
    durationMs: 12,
    outcome: "delivered",
    statusCode: 200,
    responseText: "ok",
    problem: null,
    retryAfterMs: null,
    ...attempted,
  };
}
