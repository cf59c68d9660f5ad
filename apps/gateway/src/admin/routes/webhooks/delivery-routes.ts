import { TokenHubError, webhookEventTypeSchema } from "@tokenhub/contracts";
import {
  createWebhookDeliveryRepository,
  transaction,
  type WebhookDelivery,
  type WebhookDeliveryFilters,
} from "@tokenhub/persistence";
import { z } from "zod";
import { againOf } from "../../../routes/webhook-endpoints/manage-deliveries.ts";
import { mostRedeliveries, type WebhookManagement } from "../../../webhooks/webhook-management.ts";
import { includesRole } from "../../admin-principal.ts";
import { adminRoute, reply, type AdminCall, type AdminReply, type AdminRoute } from "../../admin-route.ts";
import { timeField } from "../../fields.ts";
import { pageQueryShape } from "../../page.ts";
import { foundEntry } from "../../written-entry.ts";
import { requireOrder, timeQuery } from "../insight/time-query.ts";
import { presentAttempt, presentDelivery, presentEvent } from "./present-webhooks.ts";

const tag = "webhooks";
const noun = "webhook delivery";
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
const bulkSchema = z.strictObject({
  tenant_id: idQuery,
  endpoint_id: idQuery,
  event_types: z.array(webhookEventTypeSchema).min(1).max(100).optional(),
  since: timeField.meta({ description: "Deliveries recorded from then on." }),
  until: timeField.optional(),
  only_failed: z.boolean().default(true),
});
type Query = z.infer<typeof querySchema>;
type Bulk = z.infer<typeof bulkSchema>;

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
    adminRoute<Bulk>({
      method: "post",
      path: "/webhooks/deliveries/redeliver",
      summary: "Sends ended deliveries of a time again, those that failed unless told otherwise.",
      tag,
      role: "operator",
      bodySchema: bulkSchema,
      action: "webhook_delivery.redeliver_many",
      handle: (call) => redeliverMany(deps, call),
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
      handle: (call) => redeliver(deps, call),
    }),
    adminRoute({
      method: "post",
      path: `${one}/discard`,
      summary: "Ends a delivery that waits or has failed.",
      tag,
      role: "operator",
      action: "webhook_delivery.discard",
      handle: (call) => discard(deps, call),
    }),
  ];
}

function idOf({ params }: Pick<AdminCall, "params">): string {
  return params["id"] ?? "";
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
  const delivery = foundEntry(await deliveries.get(idOf(call)), noun);
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

async function redeliver({ db, wake, now }: WebhookManagement, call: AdminCall): Promise<AdminReply> {
  const delivery = await transaction(db, async (begun) => {
    const deliveries = createWebhookDeliveryRepository(begun);
    const again = againOf(await deliveries.redeliver(idOf(call), { nowMs: now() }));
    await note(call, again, begun);
    return again;
  });
  wake();
  return reply(presentDelivery(delivery), { status: 202 });
}

async function redeliverMany(
  { deliveries, wake, now }: WebhookManagement,
  { body, audit }: AdminCall<Bulk>,
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
  await audit.record({ resourceKind: noun, resourceId: body.endpoint_id ?? null, detail });
  if (redelivered > 0) wake();
  return reply({ ok: true, redelivered, has_more: redelivered === mostRedeliveries }, { status: 202 });
}

async function discard({ db, now }: WebhookManagement, call: AdminCall): Promise<AdminReply> {
  const discarded = await transaction(db, async (begun) => {
    const deliveries = createWebhookDeliveryRepository(begun);
    const ended = await deliveries.discard(idOf(call), { nowMs: now() });
    if (ended === null) throw notDiscardable(foundEntry(await deliveries.get(idOf(call)), noun));
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
    { resourceKind: noun, resourceId: id, detail: { tenantId, eventId, endpointId } },
    begun,
  );
}
