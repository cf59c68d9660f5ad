import { TokenHubError, webhookEventTypeSchema } from "@tokenhub/contracts";
import { createWebhookDeliveryRepository, transaction, type WebhookDelivery } from "@tokenhub/persistence";
import { z } from "zod";
import { againOf } from "../../../routes/webhook-endpoints/manage-deliveries.ts";
import { mostRedeliveries, type WebhookManagement } from "../../../webhooks/webhook-management.ts";
import { reply, type AdminCall, type AdminReply } from "../../admin-route.ts";
import { timeField } from "../../fields.ts";
import { foundEntry } from "../../written-entry.ts";
import { requireOrder } from "../insight/time-query.ts";
import { presentDelivery } from "./present-webhooks.ts";

export const deliveryNoun = "webhook delivery";
const idField = z.string().min(1).max(256).optional();

/** Which deliveries are sent again. */
export const bulkRedeliverySchema = z.strictObject({
  tenant_id: idField,
  endpoint_id: idField,
  event_types: z.array(webhookEventTypeSchema).min(1).max(100).optional(),
  since: timeField.meta({ description: "Deliveries recorded from then on." }),
  until: timeField.optional(),
  only_failed: z.boolean().default(true),
});
export type BulkRedelivery = z.infer<typeof bulkRedeliverySchema>;

export function deliveryIdOf({ params }: Pick<AdminCall, "params">): string {
  return params["id"] ?? "";
}

/** @throws TokenHubError `not_found`, `conflict` */
export async function redeliverDelivery(
  { db, wake, now }: WebhookManagement,
  call: AdminCall,
): Promise<AdminReply> {
  const delivery = await transaction(db, async (begun) => {
    const deliveries = createWebhookDeliveryRepository(begun);
    const again = againOf(await deliveries.redeliver(deliveryIdOf(call), { nowMs: now() }));
    await note(call, again, begun);
    return again;
  });
  wake();
  return reply(presentDelivery(delivery), { status: 202 });
}

/** Sends many again, oldest first. @throws TokenHubError `invalid_request` */
export async function redeliverDeliveries(
  { deliveries, wake, now }: WebhookManagement,
  { body, audit }: AdminCall<BulkRedelivery>,
): Promise<AdminReply> {
  const filters = {
    tenantId: body.tenant_id,
    endpointId: body.endpoint_id,
    eventTypes: body.event_types,
    fromMs: body.since,
    toMs: body.until,
  };
  requireOrder(filters);
  const nowMs = now();
  const redelivered = await deliveries.redeliverMany({
    filters: { ...filters, toMs: body.until ?? nowMs + 1 },
    onlyFailed: body.only_failed,
    limit: mostRedeliveries,
    nowMs,
  });
  const detail = { ...body, redelivered };
  await audit.record({ resourceKind: deliveryNoun, resourceId: body.endpoint_id ?? null, detail });
  if (redelivered > 0) wake();
  return reply({ ok: true, redelivered, has_more: redelivered === mostRedeliveries }, { status: 202 });
}

/** @throws TokenHubError `not_found`, `conflict` */
export async function discardDelivery({ db, now }: WebhookManagement, call: AdminCall): Promise<AdminReply> {
  const discarded = await transaction(db, async (begun) => {
    const deliveries = createWebhookDeliveryRepository(begun);
    const ended = await deliveries.discard(deliveryIdOf(call), { nowMs: now() });
    if (ended === null)
      throw notDiscardable(foundEntry(await deliveries.get(deliveryIdOf(call)), deliveryNoun));
    await note(call, ended, begun);
    return ended;
  });
  return reply(presentDelivery(discarded));
}

function notDiscardable({ state }: WebhookDelivery): TokenHubError {
  return new TokenHubError(
    "conflict",
    state === "sending"
      ? "This delivery is being sent just now. Discard it once the attempt has ended."
      : `This delivery is ${state} already; there is nothing to discard.`,
  );
}

function note(
  { audit }: AdminCall,
  delivery: WebhookDelivery,
  begun: WebhookManagement["db"],
): Promise<void> {
  const { id, tenantId, eventId, endpointId } = delivery;
  return audit.record(
    { resourceKind: deliveryNoun, resourceId: id, detail: { tenantId, eventId, endpointId } },
    begun,
  );
}
