import { idFrom, TokenHubError } from "@tokenhub/contracts";
import {
  createWebhookEndpointSchema,
  type RotateWebhookSecret,
  type UpdateWebhookEndpoint,
} from "@tokenhub/contracts/api";
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
import { reply, type AdminCall, type AdminReply } from "../../admin-route.ts";
import { foundEntry } from "../../written-entry.ts";
import { presentEndpoint } from "./present-webhooks.ts";

export const endpointNoun = "webhook endpoint";
export const idField = z.string().min(1).max(128);

/** An endpoint that an administrator makes for a tenant. */
export const createEndpointSchema = createWebhookEndpointSchema.extend({
  tenant_id: idField,
  project_id: idField.nullish().meta({ description: "Null: events of all projects." }),
});
export type CreateEndpoint = z.infer<typeof createEndpointSchema>;

/** @throws TokenHubError `invalid_request`, `conflict` */
export async function createEndpoint(
  deps: WebhookManagement,
  { body, audit }: AdminCall<CreateEndpoint>,
): Promise<AdminReply> {
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
    await audit.record(
      { resourceKind: endpointNoun, resourceId: created.id, detail: detailOf(created) },
      begun,
    );
    return created;
  });
  return reply({ ...presentEndpoint(endpoint), signing_secret: secret }, { status: 201 });
}

/** @throws TokenHubError `invalid_request` for a tenant that is not there, or a project that is not its own. */
async function requireOwner(db: WebhookManagement["db"], body: CreateEndpoint): Promise<void> {
  if ((await createTenantRepository(db).get(body.tenant_id)) === null)
    throw new TokenHubError("invalid_request", "There is no tenant of this id.", { param: "tenant_id" });
  if (body.project_id == null) return;
  const project = await createProjectRepository(db).get(body.project_id);
  if (project?.entry.tenantId !== body.tenant_id)
    throw new TokenHubError("invalid_request", "This tenant has no project of this id.", {
      param: "project_id",
    });
}

/** @throws TokenHubError `invalid_request`, `not_found` */
export async function updateEndpoint(
  deps: WebhookManagement,
  call: AdminCall<UpdateWebhookEndpoint>,
): Promise<AdminReply> {
  const { name, url, event_types: eventTypes } = call.body;
  const patch = {
    ...(name === undefined ? {} : { name }),
    ...(url === undefined ? {} : { url: readWebhookUrl(url, { allow: deps.allow, param: "url" }) }),
    ...(eventTypes === undefined ? {} : { eventTypes: [...new Set(eventTypes)] }),
  };
  return changeEndpoint(deps, call, (endpoints) =>
    endpoints.update(endpointIdOf(call), patch, { nowMs: deps.now() }),
  );
}

/** @throws TokenHubError `not_found` */
export async function rotateSecret(
  deps: WebhookManagement,
  call: AdminCall<RotateWebhookSecret>,
): Promise<AdminReply> {
  const nowMs = deps.now();
  const { secret, sealed } = deps.secrets.make();
  const oldUntilMs = oldSecretUntilMs(call.body.keep_old_secret_active_for_24_hours, nowMs);
  const write = (endpoints: WebhookEndpointRepository) =>
    endpoints.rotate(endpointIdOf(call), { ...sealed, oldUntilMs }, { nowMs });
  const endpoint = await written(deps, call, write);
  return reply({ ...presentEndpoint(endpoint), signing_secret: secret });
}

type Write = (endpoints: WebhookEndpointRepository) => Promise<WebhookEndpoint | null>;

/** Writes and audits in one transaction, and answers with the endpoint. @throws TokenHubError `not_found` */
export async function changeEndpoint<Body>(
  deps: WebhookManagement,
  call: AdminCall<Body>,
  write: Write,
): Promise<AdminReply> {
  return reply(presentEndpoint(await written(deps, call, write)));
}

function written<Body>(
  { db }: WebhookManagement,
  { audit }: Pick<AdminCall<Body>, "audit">,
  write: Write,
): Promise<WebhookEndpoint> {
  return transaction(db, async (begun) => {
    const endpoint = foundEntry(await write(createWebhookEndpointRepository(begun)), endpointNoun);
    await audit.record(
      { resourceKind: endpointNoun, resourceId: endpoint.id, detail: detailOf(endpoint) },
      begun,
    );
    return endpoint;
  });
}

function detailOf({ tenantId, name }: WebhookEndpoint) {
  return { tenantId, name };
}

export function endpointIdOf({ params }: Pick<AdminCall, "params">): string {
  return params["id"] ?? "";
}
