import { z } from "zod";
import { webhookEventTypeSchema } from "../webhook.ts";

const nameSchema = z.string().trim().min(1).max(200);
const urlSchema = z.string().min(1).max(4_096);
const eventTypesSchema = z
  .array(webhookEventTypeSchema)
  .min(1)
  .max(100)
  .meta({ description: "See `GET /v1/webhook_event_types`." });

/** Body of `POST /v1/webhook_endpoints`. */
export const createWebhookEndpointSchema = z
  .strictObject({ name: nameSchema, url: urlSchema, event_types: eventTypesSchema })
  .meta({ id: "CreateWebhookEndpoint" });
export type CreateWebhookEndpoint = z.infer<typeof createWebhookEndpointSchema>;

/** Body of `POST /v1/webhook_endpoints/{id}`. */
export const updateWebhookEndpointSchema = z
  .strictObject({ name: nameSchema, url: urlSchema, event_types: eventTypesSchema })
  .partial()
  .meta({ id: "UpdateWebhookEndpoint" });
export type UpdateWebhookEndpoint = z.infer<typeof updateWebhookEndpointSchema>;

/** Body of the rotation of a signing secret. */
export const rotateWebhookSecretSchema = z
  .strictObject({
    keep_old_secret_active_for_24_hours: z
      .boolean()
      .nullish()
      .meta({ description: "Both secrets sign for a day. Default: the old one ends at once." }),
  })
  .meta({ id: "RotateWebhookSecret" });
export type RotateWebhookSecret = z.infer<typeof rotateWebhookSecretSchema>;

/** Body of `POST /v1/webhook_endpoints/{id}/test`. */
export const testWebhookEndpointSchema = z
  .strictObject({ event_type: webhookEventTypeSchema })
  .meta({ id: "TestWebhookEndpoint" });
export type TestWebhookEndpoint = z.infer<typeof testWebhookEndpointSchema>;

const timeSchema = z.union([
  z.int().min(0).max(99_999_999_999),
  z.iso.datetime({ offset: true, message: "write a time like 2027-01-31T12:00:00Z, or Unix seconds" }),
]);

/** Body of `POST /v1/webhook_endpoints/{id}/redeliver`. Times are Unix seconds, or RFC 3339. */
export const redeliverWebhooksSchema = z
  .strictObject({
    since: timeSchema.meta({ description: "Deliveries recorded from then on." }),
    until: timeSchema.optional().meta({ description: "And before that. Default: now." }),
    event_types: eventTypesSchema.optional(),
    only_failed: z
      .boolean()
      .nullish()
      .meta({ description: "Only what failed for good. Default: true; false sends what arrived again too." }),
  })
  .meta({ id: "RedeliverWebhooks" });
export type RedeliverWebhooks = z.infer<typeof redeliverWebhooksSchema>;

/** Query of `GET /v1/webhook_endpoints`. */
export const webhookEndpointListQuerySchema = z.strictObject({
  limit: z.coerce.number().int().min(1).max(100).default(20),
  after: z.string().max(128).optional().meta({ description: "Id of the last one of the page before." }),
});
export type WebhookEndpointListQuery = z.infer<typeof webhookEndpointListQuerySchema>;

/** Query of `GET /v1/webhook_endpoints/{id}/deliveries`. */
export const webhookDeliveryListQuerySchema = webhookEndpointListQuerySchema.extend({
  state: z.enum(["pending", "sending", "delivered", "failed", "discarded"]).optional(),
  event_type: webhookEventTypeSchema.optional(),
});
export type WebhookDeliveryListQuery = z.infer<typeof webhookDeliveryListQuerySchema>;
