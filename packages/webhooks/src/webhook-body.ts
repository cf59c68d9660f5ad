import type { WebhookEvent } from "@tokenhub/contracts";

/**
 * The text that is signed and sent: OpenAI's envelope, so that its SDK's types hold. One event gives one text, byte for byte,
 * at every attempt.
 */
export function webhookBodyOf(event: WebhookEvent): string {
  const { id, type, createdAtMs, data } = event;
  return JSON.stringify({
    id,
    object: "event",
    created_at: Math.floor(createdAtMs / 1_000),
    type,
    data,
  });
}
