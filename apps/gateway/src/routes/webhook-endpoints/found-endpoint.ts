import { TokenHubError } from "@tokenhub/contracts";
import type { WebhookEndpoint } from "@tokenhub/persistence";
import type { WebhookCall } from "./webhook-call.ts";
import type { WebhookEndpointDeps } from "./webhook-endpoint-deps.ts";

/** @throws TokenHubError `not_found` for an endpoint that is not there, or not the caller's. */
export async function foundEndpoint(
  { endpoints }: Pick<WebhookEndpointDeps, "endpoints">,
  { id, scope }: Pick<WebhookCall, "id" | "scope">,
): Promise<WebhookEndpoint> {
  return writtenEndpoint(await endpoints.get(id("id"), scope));
}

/** @throws TokenHubError `not_found` */
export function writtenEndpoint(endpoint: WebhookEndpoint | null): WebhookEndpoint {
  if (endpoint !== null) return endpoint;
  throw new TokenHubError(
    "not_found",
    "There is no webhook endpoint of this id. GET /v1/webhook_endpoints lists yours.",
    { param: "id" },
  );
}
