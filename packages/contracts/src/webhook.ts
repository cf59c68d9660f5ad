import { z } from "zod";

/** What webhooks tell of. Names that the OpenAI API has are used as it uses them. */
export const webhookEventTypes = [
  "job.succeeded",
  "job.failed",
  "job.cancelled",
  "job.expired",
  "response.completed",
  "response.failed",
  "response.cancelled",
  "response.incomplete",
  "batch.completed",
  "batch.failed",
  "batch.cancelled",
  "batch.expired",
  "orchestration.phase.completed",
  "orchestration.phase.failed",
  "orchestration.completed",
  "orchestration.failed",
  "orchestration.cancelled",
  "webhook_endpoint.disabled",
] as const;
export const webhookEventTypeSchema = z.enum(webhookEventTypes);
export type WebhookEventType = z.infer<typeof webhookEventTypeSchema>;

/** Something that happened, as it is sent to receivers. */
export interface WebhookEvent {
  /** `evt_...`; the `webhook-id` of all its deliveries, and the receiver's idempotency key. It follows from what it tells of, so that telling twice makes one event. */
  readonly id: string;
  readonly tenantId: string;
  readonly projectId: string | null;
  readonly type: WebhookEventType;
  readonly createdAtMs: number;
  /** The member `data` of the payload: ids and states, no prompts and no answers; well under 20 kB. */
  readonly data: Readonly<Record<string, unknown>>;
}

/**
 * One attempt to deliver one event to one receiver. The schedule is the gateway's: a worker makes this attempt and tells how
 * it went.
 */
export const webhookJobSchema = z.object({
  v: z.literal(1),
  deliveryId: z.string().regex(/^whd_[0-9a-z]{16,64}$/),
  /** From 1. */
  attempt: z.number().int().positive(),
  eventId: z.string(),
  url: z.string(),
  /** Deliveries of one receiver share it; a slow receiver holds up no other. */
  receiver: z.string(),
  /** The signing secrets in force, newest first, each sealed with the cluster secret. */
  sealedSecrets: z.array(z.string()).min(1),
  /** The exact text that is signed and sent. */
  bodyText: z.string(),
});
export type WebhookJob = z.infer<typeof webhookJobSchema>;

/** How an attempt went; appended to the fact stream by the webhook worker. */
export const webhookAttemptedFactSchema = z.object({
  v: z.literal(1),
  type: z.literal("webhook-attempted"),
  /** `<delivery>.<attempt>`. */
  eventId: z.string(),
  deliveryId: z.string(),
  attempt: z.number().int().positive(),
  startedAtMs: z.number(),
  durationMs: z.number().nonnegative(),
  outcome: z.enum([
    "delivered",
    /** An answer that is not 2xx. */
    "refused",
    "timeout",
    "connection_failed",
    /** The address is not one that may be called. */
    "address_refused",
    /** The answer did not end, or was too large. */
    "answer_too_large",
    "unreadable_secret",
  ]),
  statusCode: z.number().int().nullable(),
  /** What the receiver answered, at most 1,000 characters; null when nothing came. */
  responseText: z.string().nullable(),
  /** One sentence for people; null when it was delivered. */
  problem: z.string().nullable(),
  retryAfterMs: z.number().nonnegative().nullable(),
});
export type WebhookAttemptedFact = z.infer<typeof webhookAttemptedFactSchema>;
