import type { WebhookEvent, WebhookEventType } from "@tokenhub/contracts";
import type { Selectable } from "kysely";
import type { WebhookAttemptTable, WebhookDeliveryTable } from "../schema/webhook-tables.ts";
import type { EventReceiver } from "./event-receivers.ts";

type DeliveryRow = Selectable<WebhookDeliveryTable>;

export type WebhookDeliveryState = DeliveryRow["state"];
export type WebhookDeliveryTrigger = DeliveryRow["trigger"];

/** One event on its way to one receiver. */
export interface WebhookDelivery {
  readonly id: string;
  readonly eventId: string;
  readonly eventType: WebhookEventType;
  readonly tenantId: string;
  /** Null for a URL that a job named. */
  readonly endpointId: string | null;
  readonly url: string;
  readonly state: WebhookDeliveryState;
  readonly trigger: WebhookDeliveryTrigger;
  /** Attempts that were begun. */
  readonly attempt: number;
  readonly nextAttemptAtMs: number | null;
  readonly createdAtMs: number;
  readonly finishedAtMs: number | null;
}

/** One attempt that was made. */
export interface WebhookAttempt {
  readonly deliveryId: string;
  readonly attempt: number;
  readonly startedAtMs: number;
  readonly durationMs: number;
  readonly outcome: WebhookAttemptTable["outcome"];
  readonly statusCode: number | null;
  readonly responseText: string | null;
  readonly problem: string | null;
}

/** A delivery that is due at once. */
export function newDeliveryRow({
  id,
  event,
  receiver,
  trigger,
  nowMs,
}: {
  readonly id: string;
  readonly event: Pick<WebhookEvent, "id" | "tenantId" | "type">;
  readonly receiver: EventReceiver;
  readonly trigger: WebhookDeliveryTrigger;
  readonly nowMs: number;
}): WebhookDeliveryTable {
  return {
    id,
    event_id: event.id,
    tenant_id: event.tenantId,
    event_type: event.type,
    endpoint_id: receiver.endpointId,
    url: receiver.url,
    sealed_secret: receiver.sealedSecret,
    receiver: receiver.receiver,
    state: "pending",
    trigger,
    attempt: 0,
    earlier_attempts: 0,
    next_attempt_at_ms: nowMs,
    sent_at_ms: null,
    created_at_ms: nowMs,
    finished_at_ms: null,
  };
}

export function webhookDeliveryOf(row: DeliveryRow): WebhookDelivery {
  return {
    id: row.id,
    eventId: row.event_id,
    eventType: row.event_type,
    tenantId: row.tenant_id,
    endpointId: row.endpoint_id,
    url: row.url,
    state: row.state,
    trigger: row.trigger,
    attempt: row.attempt,
    nextAttemptAtMs: row.next_attempt_at_ms,
    createdAtMs: row.created_at_ms,
    finishedAtMs: row.finished_at_ms,
  };
}

export function webhookAttemptOf(row: Selectable<WebhookAttemptTable>): WebhookAttempt {
  return {
    deliveryId: row.delivery_id,
    attempt: row.attempt,
    startedAtMs: row.started_at_ms,
    durationMs: row.duration_ms,
    outcome: row.outcome,
    statusCode: row.status_code,
    responseText: row.response_text,
    problem: row.problem,
  };
}
