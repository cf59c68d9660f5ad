import {
  createWebhookEndpointSchema,
  idFrom,
  rotateWebhookSecretSchema,
  TokenHubError,
  updateWebhookEndpointSchema,
  type RotateWebhookSecret,
  type UpdateWebhookEndpoint,
} from "@tokenhub/contracts";
import {
  createProjectRepository,
  createTenantRepository,
  createWebhookEndpointRepository,
  transaction,
  type WebhookEndpoint,
  type WebhookEndpointRepository,
} from "@tokenhub/persistence";
import { randomUUID } from "node:crypto";
import { z } from "zod";
import { readWebhookUrl } from "../../../webhooks/read-webhook-url.ts";
import {
  mostWebhookEndpoints,
  oldSecretUntilMs,
  type WebhookManagement,
} from "../../../webhooks/webhook-management.ts";
import { adminRoute, reply, type AdminCall, type AdminReply, type AdminRoute } from "../../admin-route.ts";
import { truthQuery } from "../../fields.ts";
import { pageQueryShape } from "../../page.ts";
import { foundEntry } from "../../written-entry.ts";
import { presentEndpoint } from "./present-webhooks.ts";

const tag = "webhooks";
const noun = "webhook endpoint";
const idField = z.string().min(1).max(128);
const createSchema = createWebhookEndpointSchema.extend({
  tenant_id: idField,
  project_id: idField.nullish().meta({ description: "Null: events of all projects." }),
});
const disableSchema = z.strictObject({ reason: z.string().trim().min(1).max(300).optional() });
const querySchema = z.object({
  ...pageQueryShape,
  tenant_id: idField.optional(),
  project_id: idField.optional(),
  enabled: truthQuery.optional(),
  q: z.string().max(200).optional().meta({ description: "Part of id, name or URL." }),
});
type Create = z.infer<typeof createSchema>;
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
    adminRoute<Create>({
      method: "post",
      path: "/webhooks/endpoints",
      summary: "Creates a webhook endpoint for a tenant; its signing secret is shown this once.",
      tag,
      role: "operator",
      bodySchema: createSchema,
      action: "webhook_endpoint.create",
      handle: (call) => create(deps, call),
    }),
    adminRoute({
      method: "get",
      path: one,
      summary: "Reads one webhook endpoint.",
      tag,
      role: "viewer",
      action: null,
      handle: async (call) => reply(presentEndpoint(foundEntry(await deps.endpoints.get(idOf(call)), noun))),
    }),
    adminRoute<UpdateWebhookEndpoint>({
      method: "patch",
      path: one,
      summary: "Changes name, URL or event types of a webhook endpoint.",
      tag,
      role: "operator",
      bodySchema: updateWebhookEndpointSchema,
      action: "webhook_endpoint.update",
      handle: (call) => update(deps, call),
    }),
    adminRoute({
      method: "delete",
      path: one,
      summary: "Deletes a webhook endpoint; what waits for it is discarded.",
      tag,
      role: "operator",
      action: "webhook_endpoint.delete",
      handle: (call) =>
        change(deps, call, (endpoints) => endpoints.remove(idOf(call), { nowMs: deps.now() })),
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
        return change(deps, call, (endpoints) =>
          endpoints.disable(idOf(call), { reason, nowMs: deps.now() }),
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
        change(deps, call, (endpoints) => endpoints.enable(idOf(call), { nowMs: deps.now() })),
    }),
    adminRoute<RotateWebhookSecret>({
      method: "post",
      path: `${one}/rotate-secret`,
      summary: "Gives a webhook endpoint a new signing secret, shown this once.",
      tag,
      role: "operator",
      bodySchema: rotateWebhookSecretSchema,
      action: "webhook_endpoint.rotate_secret",
      handle: (call) => rotate(deps, call),
    }),
  ];
}

function idOf({ params }: Pick<AdminCall, "params">): string {
  return params["id"] ?? "";
}

async function list({ endpoints }: WebhookManagement, query: Query): Promise<AdminReply> {
  const { limit, offset, tenant_id: tenantId, project_id: projectId, enabled: isEnabled, q: text } = query;
  const filters = { tenantId, projectId, isEnabled, text };
  const { items, total } = await endpoints.page({ filters, limit, offset });
  return reply({ items: items.map(presentEndpoint), total, limit, offset });
}

async function create(deps: WebhookManagement, { body, audit }: AdminCall<Create>): Promise<AdminReply> {
  const { db, secrets, allow, now } = deps;
  const url = readWebhookUrl(body.url, { allow, param: "url" });
  const { secret, sealed } = secrets.make();
  const endpoint = await transaction(db, async (begun) => {
    await requireOwner(begun, body);
    const created = await createWebhookEndpointRepository(begun).create(
      {
        id: idFrom("webhookEndpoint", randomUUID()),
        tenantId: body.tenant_id,
        projectId: body.project_id ?? null,
        name: body.name,
        url,
        eventTypes: [...new Set(body.event_types)],
        secret: sealed,
      },
      { nowMs: now(), most: mostWebhookEndpoints },
    );
    if (created === null)
      throw new TokenHubError(
        "conflict",
        `This tenant has ${mostWebhookEndpoints} webhook endpoints, which is the most. Delete one first.`,
      );
    await audit.record({ resourceKind: noun, resourceId: created.id, detail: detailOf(created) }, begun);
    return created;
  });
  return reply({ ...presentEndpoint(endpoint), signing_secret: secret }, { status: 201 });
}

/** @throws TokenHubError `invalid_request` for a tenant that is not there, or a project that is not its own. */
async function requireOwner(db: WebhookManagement["db"], body: Create): Promise<void> {
  if ((await createTenantRepository(db).get(body.tenant_id)) === null)
    throw new TokenHubError("invalid_request", "There is no tenant of this id.", { param: "tenant_id" });
  if (body.project_id == null) return;
  const project = await createProjectRepository(db).get(body.project_id);
  if (project?.entry.tenantId !== body.tenant_id)
    throw new TokenHubError("invalid_request", "This tenant has no project of this id.", {
      param: "project_id",
    });
}

async function update(deps: WebhookManagement, call: AdminCall<UpdateWebhookEndpoint>): Promise<AdminReply> {
  const { name, url, event_types: eventTypes } = call.body;
  const patch = {
    ...(name === undefined ? {} : { name }),
    ...(url === undefined ? {} : { url: readWebhookUrl(url, { allow: deps.allow, param: "url" }) }),
    ...(eventTypes === undefined ? {} : { eventTypes: [...new Set(eventTypes)] }),
  };
  return change(deps, call, (endpoints) => endpoints.update(idOf(call), patch, { nowMs: deps.now() }));
}

async function rotate(deps: WebhookManagement, call: AdminCall<RotateWebhookSecret>): Promise<AdminReply> {
  const nowMs = deps.now();
  const { secret, sealed } = deps.secrets.make();
  const oldUntilMs = oldSecretUntilMs(call.body.keep_old_secret_active_for_24_hours, nowMs);
  const write = (endpoints: WebhookEndpointRepository) =>
    endpoints.rotate(idOf(call), { ...sealed, oldUntilMs }, { nowMs });
  const endpoint = await written(deps, call, write);
  return reply({ ...presentEndpoint(endpoint), signing_secret: secret });
}

type Write = (endpoints: WebhookEndpointRepository) => Promise<WebhookEndpoint | null>;

async function change<Body>(
  deps: WebhookManagement,
  call: AdminCall<Body>,
  write: Write,
): Promise<AdminReply> {
  return reply(presentEndpoint(await written(deps, call, write)));
}

/** Writes and audits in one transaction. @throws TokenHubError `not_found` */
function written<Body>(
  { db }: WebhookManagement,
  { audit }: Pick<AdminCall<Body>, "audit">,
  write: Write,
): Promise<WebhookEndpoint> {
  return transaction(db, async (begun) => {
    const endpoint = foundEntry(await write(createWebhookEndpointRepository(begun)), noun);
    await audit.record({ resourceKind: noun, resourceId: endpoint.id, detail: detailOf(endpoint) }, begun);
    return endpoint;
  });
}

function detailOf({ tenantId, name }: WebhookEndpoint) {
  return { tenantId, name };
}
