import { webhookEventTypeSchema } from "@tokenhub/contracts";
import type { WebhookDeliveryFilters } from "@tokenhub/persistence";
import { z } from "zod";
import type { WebhookManagement } from "../../../webhooks/webhook-management.ts";
import { includesRole } from "../../admin-principal.ts";
import { adminRoute, reply, type AdminCall, type AdminReply, type AdminRoute } from "../../admin-route.ts";
import { pageQueryShape } from "../../page.ts";
import { foundEntry } from "../../written-entry.ts";
import { requireOrder, timeQuery } from "../insight/time-query.ts";
import { presentAttempt, presentDelivery, presentEvent } from "./present-webhooks.ts";
import {
  bulkRedeliverySchema,
  deliveryIdOf,
  deliveryNoun,
  discardDelivery,
  redeliverDeliveries,
  redeliverDelivery,
  type BulkRedelivery,
} from "./write-deliveries.ts";

const tag = "webhooks";
const idQuery = z.string().min(1).max(256).optional();
const querySchema = z.object({
  ...pageQueryShape,
  tenant_id: idQuery,
  endpoint_id: idQuery,
  event_id: idQuery,
  event_type: webhookEventTypeSchema.optional(),
  state: z.enum(["pending", "sending", "delivered", "failed", "discarded"]).optional(),
  since: timeQuery.optional(),
  until: timeQuery.optional(),
});
type Query = z.infer<typeof querySchema>;

/** Deliveries of all tenants: their attempts, and sending them again. */
export function webhookDeliveryRoutes(deps: WebhookManagement): AdminRoute[] {
  const one = "/webhooks/deliveries/:id";
  return [
    adminRoute<undefined, Query>({
      method: "get",
      path: "/webhooks/deliveries",
      summary: "Lists webhook deliveries of all tenants, newest first.",
      tag,
      role: "viewer",
      querySchema,
      action: null,
      handle: (call) => list(deps, call.query),
    }),
    adminRoute<BulkRedelivery>({
      method: "post",
      path: "/webhooks/deliveries/redeliver",
      summary: "Sends ended deliveries of a time again, those that failed unless told otherwise.",
      tag,
      role: "operator",
      bodySchema: bulkRedeliverySchema,
      action: "webhook_delivery.redeliver_many",
      handle: (call) => redeliverDeliveries(deps, call),
    }),
    adminRoute({
      method: "get",
      path: one,
      summary: "Shows a webhook delivery with its event and attempts; receivers' answers to operators only.",
      tag,
      role: "viewer",
      action: null,
      handle: (call) => show(deps, call),
    }),
    adminRoute({
      method: "post",
      path: `${one}/redeliver`,
      summary: "Makes one more attempt to deliver.",
      tag,
      role: "operator",
      action: "webhook_delivery.redeliver",
      handle: (call) => redeliverDelivery(deps, call),
    }),
    adminRoute({
      method: "post",
      path: `${one}/discard`,
      summary: "Ends a delivery that waits or has failed.",
      tag,
      role: "operator",
      action: "webhook_delivery.discard",
      handle: (call) => discardDelivery(deps, call),
    }),
  ];
}

function filtersOf(query: Query): WebhookDeliveryFilters {
  const range = { fromMs: query.since, toMs: query.until };
  requireOrder(range);
  return {
    tenantId: query.tenant_id,
    endpointId: query.endpoint_id,
    eventId: query.event_id,
    ...(query.event_type === undefined ? {} : { eventTypes: [query.event_type] }),
    ...(query.state === undefined ? {} : { states: [query.state] }),
    ...range,
  };
}

async function list({ deliveries }: WebhookManagement, query: Query): Promise<AdminReply> {
  const { limit, offset } = query;
  const { items, total } = await deliveries.page({ filters: filtersOf(query), limit, offset });
  return reply({ items: items.map(presentDelivery), total, limit, offset });
}

async function show({ deliveries }: WebhookManagement, call: AdminCall): Promise<AdminReply> {
  const delivery = foundEntry(await deliveries.get(deliveryIdOf(call)), deliveryNoun);
  const [event, attempts] = await Promise.all([
    deliveries.event(delivery.eventId),
    deliveries.attempts([delivery.id]),
  ]);
  const view = { showsTexts: includesRole(call.principal.role, "operator") };
  return reply({
    ...presentDelivery(delivery),
    event: event === null ? null : presentEvent(event),
    attempts: (attempts.get(delivery.id) ?? []).map((attempt) => presentAttempt(attempt, view)),
  });
}
