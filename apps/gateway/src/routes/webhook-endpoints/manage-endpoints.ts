import { idFrom, TokenHubError } from "@tokenhub/contracts";
import {
  createWebhookEndpointSchema,
  rotateWebhookSecretSchema,
  testWebhookEndpointSchema,
  updateWebhookEndpointSchema,
  webhookEndpointListQuerySchema,
} from "@tokenhub/contracts/api";
import { randomUUID } from "node:crypto";
import { deliverTest } from "../../webhooks/deliver-test.ts";
import { readWebhookUrl } from "../../webhooks/read-webhook-url.ts";
import { mostWebhookEndpoints, oldSecretUntilMs } from "../../webhooks/webhook-management.ts";
import { foundEndpoint, writtenEndpoint } from "./found-endpoint.ts";
import { presentEndpoint, presentList } from "./present-endpoint.ts";
import { readWebhookBody, readWebhookQuery, type WebhookCall } from "./webhook-call.ts";
import type { WebhookEndpointDeps } from "./webhook-endpoint-deps.ts";

/** @throws TokenHubError `invalid_request`, `conflict` when the tenant has too many. */
export async function createEndpoint(deps: WebhookEndpointDeps, call: WebhookCall) {
  const { endpoints, secrets, allow, now } = deps;
  const body = await readWebhookBody(call, createWebhookEndpointSchema);
  const url = readWebhookUrl(body.url, { allow, param: "url" });
  const { secret, sealed } = secrets.make();
  const endpoint = await endpoints.create(
    {
      id: idFrom("webhookEndpoint", randomUUID()),
      tenantId: call.caller.tenantId,
      projectId: call.caller.projectId,
      name: body.name,
      url,
      eventTypes: [...new Set(body.event_types)],
      secret: sealed,
    },
    { nowMs: now(), most: mostWebhookEndpoints },
  );
  if (endpoint === null) throw tooManyEndpoints();
  return { ...presentEndpoint(endpoint), signing_secret: secret };
}

function tooManyEndpoints(): TokenHubError {
  return new TokenHubError(
    "conflict",
    `There are ${mostWebhookEndpoints} webhook endpoints already, which is the most a tenant may have. Delete one first.`,
  );
}

export async function listEndpoints({ endpoints }: WebhookEndpointDeps, call: WebhookCall) {
  const { limit, after } = readWebhookQuery(call, webhookEndpointListQuerySchema);
  const all = await endpoints.list(call.scope);
  const start = after === undefined ? 0 : all.findIndex(({ id }) => id === after) + 1;
  if (after !== undefined && start === 0)
    throw new TokenHubError("invalid_request", "`after` is the id of no webhook endpoint of yours.", {
      param: "after",
    });
  const page = all.slice(start, start + limit).map(presentEndpoint);
  return presentList(page, all.length > start + limit);
}

export async function showEndpoint(deps: WebhookEndpointDeps, call: WebhookCall) {
  return presentEndpoint(await foundEndpoint(deps, call));
}

export async function updateEndpoint(deps: WebhookEndpointDeps, call: WebhookCall) {
  await foundEndpoint(deps, call);
  const { name, url, event_types: eventTypes } = await readWebhookBody(call, updateWebhookEndpointSchema);
  const patch = {
    ...(name === undefined ? {} : { name }),
    ...(url === undefined ? {} : { url: readWebhookUrl(url, { allow: deps.allow, param: "url" }) }),
    ...(eventTypes === undefined ? {} : { eventTypes: [...new Set(eventTypes)] }),
  };
  const nowMs = deps.now();
  return presentEndpoint(
    writtenEndpoint(await deps.endpoints.update(call.id("id"), patch, { ...call.scope, nowMs })),
  );
}

export async function deleteEndpoint({ endpoints, now }: WebhookEndpointDeps, { id, scope }: WebhookCall) {
  const removed = writtenEndpoint(await endpoints.remove(id("id"), { ...scope, nowMs: now() }));
  return { id: removed.id, object: "webhook_endpoint.deleted", deleted: true };
}

export async function rotateSecret(deps: WebhookEndpointDeps, call: WebhookCall) {
  await foundEndpoint(deps, call);
  const body = await readWebhookBody(call, rotateWebhookSecretSchema);
  const nowMs = deps.now();
  const { secret, sealed } = deps.secrets.make();
  const oldUntilMs = oldSecretUntilMs(body.keep_old_secret_active_for_24_hours, nowMs);
  const rotated = await deps.endpoints.rotate(
    call.id("id"),
    { ...sealed, oldUntilMs },
    { ...call.scope, nowMs },
  );
  return { ...presentEndpoint(writtenEndpoint(rotated)), signing_secret: secret };
}

export async function enableEndpoint({ endpoints, now }: WebhookEndpointDeps, { id, scope }: WebhookCall) {
  return presentEndpoint(writtenEndpoint(await endpoints.enable(id("id"), { ...scope, nowMs: now() })));
}

export async function testEndpoint(deps: WebhookEndpointDeps, call: WebhookCall) {
  const endpoint = await foundEndpoint(deps, call);
  const { event_type: eventType } = await readWebhookBody(call, testWebhookEndpointSchema);
  const gone = new AbortController();
  call.response.once("close", () => gone.abort());
  const statusCode = await deliverTest(deps, { endpoint, eventType, signal: gone.signal });
  return {
    object: "webhook_endpoint.test",
    webhook_endpoint_id: endpoint.id,
    event_type: eventType,
    status_code: statusCode,
    success: true,
  };
}
