import { webhookEventTypeSchema } from "@tokenhub/contracts";
import { z } from "zod";
import type { WebhookManagement } from "../../../webhooks/webhook-management.ts";
import { adminRoute, reply, type AdminRoute } from "../../admin-route.ts";
import { pageQueryShape } from "../../page.ts";
import { requireOrder, timeQuery } from "../insight/time-query.ts";
import { webhookDeliveryRoutes } from "./delivery-routes.ts";
import { webhookEndpointRoutes } from "./endpoint-routes.ts";
import { presentEvent } from "./present-webhooks.ts";

const eventQuerySchema = z.object({
  ...pageQueryShape,
  tenant_id: z.string().min(1).max(256).optional(),
  type: webhookEventTypeSchema.optional(),
  since: timeQuery.optional(),
  until: timeQuery.optional(),
});
type EventQuery = z.infer<typeof eventQuerySchema>;

/** Webhooks below `/admin/v1/webhooks`: receivers, events and deliveries of all tenants. */
export function webhookRoutes(deps: WebhookManagement): AdminRoute[] {
  return [
    ...webhookEndpointRoutes(deps),
    ...webhookDeliveryRoutes(deps),
    adminRoute<undefined, EventQuery>({
      method: "get",
      path: "/webhooks/events",
      summary: "Lists what was told to receivers, newest first. Events nobody wanted are not kept.",
      tag: "webhooks",
      role: "viewer",
      querySchema: eventQuerySchema,
      action: null,
      async handle({ query }) {
        const { limit, offset, tenant_id: tenantId, type, since: fromMs, until: toMs } = query;
        requireOrder({ fromMs, toMs });
        const filters = { tenantId, type, fromMs, toMs };
        const { items, total } = await deps.deliveries.eventPage({ filters, limit, offset });
        return reply({ items: items.map(presentEvent), total, limit, offset });
      },
    }),
  ];
}
