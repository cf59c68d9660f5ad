import {
  rotateWebhookSecretSchema,
  updateWebhookEndpointSchema,
  type RotateWebhookSecret,
  type UpdateWebhookEndpoint,
} from "@tokenhub/contracts/api";
import { z } from "zod";
import type { WebhookManagement } from "../../../webhooks/webhook-management.ts";
import { adminRoute, reply, type AdminReply, type AdminRoute } from "../../admin-route.ts";
import { truthQuery } from "../../fields.ts";
import { pageQueryShape } from "../../page.ts";
import { foundEntry } from "../../written-entry.ts";
import { presentEndpoint } from "./present-webhooks.ts";
import {
  changeEndpoint,
  createEndpoint,
  createEndpointSchema,
  endpointIdOf,
  endpointNoun,
  idField,
  rotateSecret,
  updateEndpoint,
  type CreateEndpoint,
} from "./write-endpoints.ts";

const tag = "webhooks";
const disableSchema = z.strictObject({ reason: z.string().trim().min(1).max(300).optional() });
const querySchema = z.object({
  ...pageQueryShape,
  tenant_id: idField.optional(),
  project_id: idField.optional(),
  enabled: truthQuery.optional(),
  q: z.string().max(200).optional().meta({ description: "Part of id, name or URL." }),
});
type Disable = z.infer<typeof disableSchema>;
type Query = z.infer<typeof querySchema>;

/** Receivers of all tenants. */
export function webhookEndpointRoutes(deps: WebhookManagement): AdminRoute[] {
  const one = "/webhooks/endpoints/:id";
  return [
    adminRoute<undefined, Query>({
      method: "get",
      path: "/webhooks/endpoints",
      summary: "Lists webhook endpoints of all tenants, newest first.",
      tag,
      role: "viewer",
      querySchema,
      action: null,
      handle: (call) => list(deps, call.query),
    }),
    adminRoute<CreateEndpoint>({
      method: "post",
      path: "/webhooks/endpoints",
      summary: "Creates a webhook endpoint for a tenant; its signing secret is shown this once.",
      tag,
      role: "operator",
      bodySchema: createEndpointSchema,
      action: "webhook_endpoint.create",
      handle: (call) => createEndpoint(deps, call),
    }),
    adminRoute({
      method: "get",
      path: one,
      summary: "Reads one webhook endpoint.",
      tag,
      role: "viewer",
      action: null,
      handle: async (call) =>
        reply(presentEndpoint(foundEntry(await deps.endpoints.get(endpointIdOf(call)), endpointNoun))),
    }),
    adminRoute<UpdateWebhookEndpoint>({
      method: "patch",
      path: one,
      summary: "Changes name, URL or event types of a webhook endpoint.",
      tag,
      role: "operator",
      bodySchema: updateWebhookEndpointSchema,
      action: "webhook_endpoint.update",
      handle: (call) => updateEndpoint(deps, call),
    }),
    adminRoute({
      method: "delete",
      path: one,
      summary: "Deletes a webhook endpoint; what waits for it is discarded.",
      tag,
      role: "operator",
      action: "webhook_endpoint.delete",
      handle: (call) =>
        changeEndpoint(deps, call, (endpoints) =>
          endpoints.remove(endpointIdOf(call), { nowMs: deps.now() }),
        ),
    }),
    adminRoute<Disable>({
      method: "post",
      path: `${one}/disable`,
      summary: "Disables a webhook endpoint; what waits for it fails, and can be sent again later.",
      tag,
      role: "operator",
      bodySchema: disableSchema,
      action: "webhook_endpoint.disable",
      handle: (call) => {
        const reason = call.body.reason ?? "An administrator disabled it.";
        return changeEndpoint(deps, call, (endpoints) =>
          endpoints.disable(endpointIdOf(call), { reason, nowMs: deps.now() }),
        );
      },
    }),
    adminRoute({
      method: "post",
      path: `${one}/enable`,
      summary: "Enables a webhook endpoint again.",
      tag,
      role: "operator",
      action: "webhook_endpoint.enable",
      handle: (call) =>
        changeEndpoint(deps, call, (endpoints) =>
          endpoints.enable(endpointIdOf(call), { nowMs: deps.now() }),
        ),
    }),
    adminRoute<RotateWebhookSecret>({
      method: "post",
      path: `${one}/rotate-secret`,
      summary: "Gives a webhook endpoint a new signing secret, shown this once.",
      tag,
      role: "operator",
      bodySchema: rotateWebhookSecretSchema,
      action: "webhook_endpoint.rotate_secret",
      handle: (call) => rotateSecret(deps, call),
    }),
  ];
}

async function list({ endpoints }: WebhookManagement, query: Query): Promise<AdminReply> {
  const { limit, offset, tenant_id: tenantId, project_id: projectId, enabled: isEnabled, q: text } = query;
  const filters = { tenantId, projectId, isEnabled, text };
  const { items, total } = await endpoints.page({ filters, limit, offset });
  return reply({ items: items.map(presentEndpoint), total, limit, offset });
}
