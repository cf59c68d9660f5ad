import { createHmac } from "node:crypto";
import { webhookSecretBytes } from "./webhook-secret.ts";

export interface WebhookToSign {
  /** The event's id, the same at every attempt. */
  readonly eventId: string;
  /** Of this attempt: receivers refuse what is older than five minutes. */
  readonly nowMs: number;
  /** Exactly what is sent. */
  readonly bodyText: string;
  /** Newest first; during a rotation there are two, and receivers accept either. */
  readonly secrets: readonly string[];
}

/** The headers of Standard Webhooks. @throws Error when a secret is not `whsec_` and base64. */
export function signWebhook({ eventId, nowMs, bodyText, secrets }: WebhookToSign): Record<string, string> {
  const timestamp = String(Math.floor(nowMs / 1_000));
  const signatures = secrets.map((secret) => {
    const key = webhookSecretBytes(secret);
    if (key === null) throw new Error("a signing secret must be whsec_ and base64");
    return `v1,${createHmac("sha256", key).update(`${eventId}.${timestamp}.${bodyText}`).digest("base64")}`;
  });
  return {
    "webhook-id": eventId,
    "webhook-timestamp": timestamp,
    "webhook-signature": signatures.join(" "),
  };
}
