import { webhookEventTypes } from "@tokenhub/contracts";
import { Router } from "express";
import { allowOnly } from "../../http/error-handler.ts";
import { listDeliveries, redeliverMany, redeliverOne } from "./manage-deliveries.ts";
import {
  createEndpoint,
  deleteEndpoint,
  enableEndpoint,
  listEndpoints,
  rotateSecret,
  showEndpoint,
  testEndpoint,
  updateEndpoint,
} from "./manage-endpoints.ts";
import { rotateTenantSecret, showTenantSecret } from "./tenant-secret.ts";
import { webhookHandler, type WebhookCall } from "./webhook-call.ts";
import type { WebhookEndpointDeps } from "./webhook-endpoint-deps.ts";

const path = "/v1/webhook_endpoints";

/** Webhook endpoints as OpenAI's SDK manages them, and what is ours beside that. Mounted at the root. */
export function webhookEndpointRoutes(deps: WebhookEndpointDeps): Router {
  const answer = (handle: (deps: WebhookEndpointDeps, call: WebhookCall) => Promise<unknown>) =>
    webhookHandler(deps, (call) => handle(deps, call));
  const router = Router({ caseSensitive: true });
  const one = `${path}/:id`;
  router.route(path).get(answer(listEndpoints)).post(answer(createEndpoint)).all(allowOnly("GET", "POST"));
  router
    .route(one)
    .get(answer(showEndpoint))
    .post(answer(updateEndpoint))
    .delete(answer(deleteEndpoint))
    .all(allowOnly("GET", "POST", "DELETE"));
  router.route(`${one}/rotate_secret`).post(answer(rotateSecret)).all(allowOnly("POST"));
  router.route(`${one}/test`).post(answer(testEndpoint)).all(allowOnly("POST"));
  router.route(`${one}/enable`).post(answer(enableEndpoint)).all(allowOnly("POST"));
  router.route(`${one}/deliveries`).get(answer(listDeliveries)).all(allowOnly("GET"));
  router.route(`${one}/deliveries/:delivery/redeliver`).post(answer(redeliverOne)).all(allowOnly("POST"));
  router.route(`${one}/redeliver`).post(answer(redeliverMany)).all(allowOnly("POST"));
  router
    .route("/v1/webhook_event_types")
    .get(answer(async () => ({ object: "list", data: webhookEventTypes })))
    .all(allowOnly("GET"));
  router.route("/v1/webhook_signing_secret").get(answer(showTenantSecret)).all(allowOnly("GET"));
  router.route("/v1/webhook_signing_secret/rotate").post(answer(rotateTenantSecret)).all(allowOnly("POST"));
  return router;
}
