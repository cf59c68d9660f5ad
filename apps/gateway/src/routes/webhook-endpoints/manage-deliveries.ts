import { TokenHubError } from "@tokenhub/contracts";
import {
  redeliverWebhooksSchema,
  webhookDeliveryListQuerySchema,
  type RedeliverWebhooks,
} from "@tokenhub/contracts/api";
import type { Redelivered, WebhookDelivery } from "@tokenhub/persistence";
import { mostRedeliveries } from "../../webhooks/webhook-management.ts";
import { foundEndpoint } from "./found-endpoint.ts";
import { presentDelivery, presentList } from "./present-endpoint.ts";
import { readWebhookBody, readWebhookQuery, type WebhookCall } from "./webhook-call.ts";
import type { WebhookEndpointDeps } from "./webhook-endpoint-deps.ts";

/** The log of an endpoint, newest first, each delivery with its attempts. */
export async function listDeliveries(deps: WebhookEndpointDeps, call: WebhookCall) {
  const { deliveries } = deps;
  const endpoint = await foundEndpoint(deps, call);
  const { limit, after, state, event_type: type } = readWebhookQuery(call, webhookDeliveryListQuerySchema);
  const own = { tenantId: endpoint.tenantId, endpointId: endpoint.id };
  const last = after === undefined ? null : await deliveries.get(after, own);
  if (after !== undefined && last === null)
    throw new TokenHubError("invalid_request", "`after` is the id of no delivery of this endpoint.", {
      param: "after",
    });
  const filters = {
    ...own,
    ...(state === undefined ? {} : { states: [state] }),
    ...(type === undefined ? {} : { eventTypes: [type] }),
  };
  const found = await deliveries.list({ filters, limit: limit + 1, after: last });
  const page = found.slice(0, limit);
  const attempts = await deliveries.attempts(page.map(({ id }) => id));
  return presentList(
    page.map((delivery) => presentDelivery(delivery, attempts.get(delivery.id) ?? [])),
    found.length > limit,
  );
}

/** @throws TokenHubError `not_found`, `conflict` when it is on its way, or its endpoint is disabled. */
export async function redeliverOne(deps: WebhookEndpointDeps, call: WebhookCall) {
  const { deliveries, wake, now } = deps;
  const endpoint = await foundEndpoint(deps, call);
  const own = { tenantId: endpoint.tenantId, endpointId: endpoint.id };
  const delivery = againOf(await deliveries.redeliver(call.id("delivery"), { ...own, nowMs: now() }));
  wake();
  const attempts = await deliveries.attempts([delivery.id]);
  call.response.status(202);
  return presentDelivery(delivery, attempts.get(delivery.id) ?? []);
}

/** @throws TokenHubError `not_found`, `conflict` */
export function againOf(redelivered: Redelivered): WebhookDelivery {
  switch (redelivered.kind) {
    case "again":
      return redelivered.delivery;
    case "missing":
      throw new TokenHubError("not_found", "There is no delivery of this id here.", { param: "delivery" });
    case "open":
      throw new TokenHubError(
        "conflict",
        "This delivery is on its way already. Wait for its end before you send it again.",
      );
    case "no_endpoint":
      throw endpointIsOff();
  }
}

function endpointIsOff(): TokenHubError {
  return new TokenHubError(
    "conflict",
    "The endpoint of this delivery is disabled or deleted. Enable it first (POST /v1/webhook_endpoints/{id}/enable).",
  );
}

/** Sends what an endpoint missed again, with all the attempts of the schedule. */
export async function redeliverMany(deps: WebhookEndpointDeps, call: WebhookCall) {
  const { deliveries, wake, now } = deps;
  const endpoint = await foundEndpoint(deps, call);
  const body = await readWebhookBody(call, redeliverWebhooksSchema);
  if (!endpoint.isEnabled) throw endpointIsOff();
  const { fromMs, toMs } = rangeOf(body, now());
  const again = await deliveries.redeliverMany({
    filters: {
      tenantId: endpoint.tenantId,
      endpointId: endpoint.id,
      eventTypes: body.event_types,
      fromMs,
      toMs,
    },
    onlyFailed: body.only_failed ?? true,
    limit: mostRedeliveries,
    nowMs: now(),
  });
  if (again > 0) wake();
  call.response.status(202);
  return {
    object: "webhook_endpoint.redelivery",
    webhook_endpoint_id: endpoint.id,
    redelivered: again,
    // As many as one request sends: there may be more.
    has_more: again === mostRedeliveries,
  };
}

function rangeOf({ since, until }: RedeliverWebhooks, nowMs: number) {
  const fromMs = timeMsOf(since);
  const toMs = until === undefined ? nowMs + 1 : timeMsOf(until);
  if (fromMs <= toMs) return { fromMs, toMs };
  throw new TokenHubError("invalid_request", "`until` lies before `since`. Exchange the two times.", {
    param: "until",
  });
}

function timeMsOf(time: RedeliverWebhooks["since"]): number {
  return typeof time === "number" ? time * 1_000 : Date.parse(time);
}
