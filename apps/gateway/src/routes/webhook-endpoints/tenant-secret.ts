import { rotateWebhookSecretSchema } from "@tokenhub/contracts/api";
import type { SigningSecretNote } from "@tokenhub/persistence";
import { oldSecretUntilMs } from "../../webhooks/webhook-management.ts";
import { secondsOf } from "./present-endpoint.ts";
import { readWebhookBody, type WebhookCall } from "./webhook-call.ts";
import type { WebhookEndpointDeps } from "./webhook-endpoint-deps.ts";

/** What signs deliveries to URLs that jobs name without a secret; its hint only. */
export async function showTenantSecret({ tenantSecrets }: WebhookEndpointDeps, { caller }: WebhookCall) {
  return presentSecret(await tenantSecrets.get(caller.tenantId));
}

/** Makes a new one, or the first, and shows it this once. */
export async function rotateTenantSecret(deps: WebhookEndpointDeps, call: WebhookCall) {
  const body = await readWebhookBody(call, rotateWebhookSecretSchema);
  const nowMs = deps.now();
  const { secret, sealed } = deps.secrets.make();
  const oldUntilMs = oldSecretUntilMs(body.keep_old_secret_active_for_24_hours, nowMs);
  const note = await deps.tenantSecrets.rotate(call.caller.tenantId, { ...sealed, oldUntilMs }, { nowMs });
  return { ...presentSecret(note), signing_secret: secret };
}

function presentSecret(note: SigningSecretNote | null) {
  return {
    object: "webhook_signing_secret",
    signing_secret_hint: note?.hint ?? null,
    created_at: note === null ? null : secondsOf(note.createdAtMs),
    updated_at: note === null ? null : secondsOf(note.updatedAtMs),
    old_secret_active_until: note === null || note.oldUntilMs === null ? null : secondsOf(note.oldUntilMs),
  };
}
