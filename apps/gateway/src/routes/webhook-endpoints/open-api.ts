import { webhookAttemptedFactSchema } from "@tokenhub/contracts";
import {
  createWebhookEndpointSchema,
  redeliverWebhooksSchema,
  rotateWebhookSecretSchema,
  testWebhookEndpointSchema,
  updateWebhookEndpointSchema,
  webhookDeliveryListQuerySchema,
  webhookEndpointListQuerySchema,
} from "@tokenhub/contracts/api";
import { z } from "zod";
import type { ZodOpenApiPathsObject } from "zod-openapi";

const tags = ["Webhooks"];
const json = (schema: z.ZodType) => ({ "application/json": { schema } });
const body = (schema: z.ZodType, required = true) => ({ required, content: json(schema) });
const seconds = z.int().meta({ description: "Unix seconds." });

const endpointSchema = z
  .object({
    id: z.string(),
    object: z.literal("webhook_endpoint"),
    name: z.string(),
    url: z.string(),
    event_types: z.array(z.string()),
    created_at: seconds,
    updated_at: seconds,
    signing_secret_hint: z.string(),
    status: z.enum(["enabled", "disabled"]),
    disabled_reason: z.string().nullable(),
    failing_since: seconds.nullable(),
    old_secret_active_until: seconds.nullable(),
  })
  .meta({ id: "WebhookEndpoint" });
const endpointWithSecretSchema = endpointSchema
  .extend({ signing_secret: z.string().meta({ description: "Shown this once." }) })
  .meta({ id: "WebhookEndpointWithSecret" });
const deliverySchema = z
  .object({
    id: z.string(),
    object: z.literal("webhook_delivery"),
    webhook_endpoint_id: z.string().nullable(),
    event_id: z.string(),
    event_type: z.string(),
    url: z.string(),
    state: z.enum(["pending", "sending", "delivered", "failed", "discarded"]),
    trigger: z.enum(["scheduled", "manual", "recovery", "test"]),
    created_at: seconds,
    finished_at: seconds.nullable(),
    next_attempt_at: seconds.nullable(),
    attempts: z.array(
      z.object({
        attempt: z.int(),
        started_at: z.number(),
        duration_ms: z.int(),
        outcome: webhookAttemptedFactSchema.shape.outcome,
        status_code: z.int().nullable(),
        response_text: z.string().nullable(),
        problem: z.string().nullable(),
      }),
    ),
  })
  .meta({ id: "WebhookDelivery" });
const signingSecretSchema = z
  .object({
    object: z.literal("webhook_signing_secret"),
    signing_secret_hint: z.string().nullable(),
    created_at: seconds.nullable(),
    updated_at: seconds.nullable(),
    old_secret_active_until: seconds.nullable(),
  })
  .meta({ id: "WebhookSigningSecret" });

const listOf = (item: z.ZodType) =>
  z.object({
    object: z.literal("list"),
    data: z.array(item),
    first_id: z.string().nullable(),
    last_id: z.string().nullable(),
    has_more: z.boolean(),
  });
const answers = (description: string, schema: z.ZodType, status: "200" | "202" = "200") => ({
  [status]: { description, content: json(schema) },
  "4XX": { description: "A fault of the request; the message says what to change." },
});
const one = { path: z.object({ id: z.string().meta({ description: "Id of an endpoint." }) }) };

/** The paths of webhooks, for the reference. */
export const webhookEndpointPaths: ZodOpenApiPathsObject = {
  "/v1/webhook_endpoints": {
    post: {
      summary: "Create a webhook endpoint",
      tags,
      requestBody: body(createWebhookEndpointSchema),
      responses: answers("The endpoint with its signing secret.", endpointWithSecretSchema),
    },
    get: {
      summary: "List webhook endpoints, newest first",
      tags,
      requestParams: { query: webhookEndpointListQuerySchema },
      responses: answers("A page of them.", listOf(endpointSchema)),
    },
  },
  "/v1/webhook_endpoints/{id}": {
    get: {
      summary: "Get a webhook endpoint",
      tags,
      requestParams: one,
      responses: answers("The endpoint.", endpointSchema),
    },
    post: {
      summary: "Change a webhook endpoint",
      tags,
      requestParams: one,
      requestBody: body(updateWebhookEndpointSchema),
      responses: answers("The endpoint as it is now.", endpointSchema),
    },
    delete: {
      summary: "Delete a webhook endpoint",
      tags,
      requestParams: one,
      responses: answers(
        "It is gone, and what waited for it is discarded.",
        z.object({
          id: z.string(),
          object: z.literal("webhook_endpoint.deleted"),
          deleted: z.literal(true),
        }),
      ),
    },
  },
  "/v1/webhook_endpoints/{id}/rotate_secret": {
    post: {
      summary: "Give a webhook endpoint a new signing secret",
      tags,
      requestParams: one,
      requestBody: body(rotateWebhookSecretSchema, false),
      responses: answers("The endpoint with its new secret.", endpointWithSecretSchema),
    },
  },
  "/v1/webhook_endpoints/{id}/test": {
    post: {
      summary: "Send a webhook endpoint a sample event, and wait for its outcome",
      tags,
      requestParams: one,
      requestBody: body(testWebhookEndpointSchema),
      responses: answers(
        "The receiver took it.",
        z.object({
          object: z.literal("webhook_endpoint.test"),
          webhook_endpoint_id: z.string(),
          event_type: z.string(),
          status_code: z.int(),
          success: z.literal(true),
        }),
      ),
    },
  },
  "/v1/webhook_endpoints/{id}/enable": {
    post: {
      summary: "Enable a webhook endpoint that was disabled",
      tags,
      requestParams: one,
      responses: answers("The endpoint.", endpointSchema),
    },
  },
  "/v1/webhook_endpoints/{id}/deliveries": {
    get: {
      summary: "List the deliveries of a webhook endpoint with their attempts, newest first",
      tags,
      requestParams: { ...one, query: webhookDeliveryListQuerySchema },
      responses: answers("A page of them.", listOf(deliverySchema)),
    },
  },
  "/v1/webhook_endpoints/{id}/deliveries/{delivery}/redeliver": {
    post: {
      summary: "Make one more attempt to deliver",
      tags,
      requestParams: { path: one.path.extend({ delivery: z.string() }) },
      responses: answers("It waits for its attempt.", deliverySchema, "202"),
    },
  },
  "/v1/webhook_endpoints/{id}/redeliver": {
    post: {
      summary: "Send what a webhook endpoint missed again",
      tags,
      requestParams: one,
      requestBody: body(redeliverWebhooksSchema),
      responses: answers(
        "They wait for their attempts.",
        z.object({
          object: z.literal("webhook_endpoint.redelivery"),
          webhook_endpoint_id: z.string(),
          redelivered: z.int(),
          has_more: z.boolean().meta({ description: "There may be more; ask again." }),
        }),
        "202",
      ),
    },
  },
  "/v1/webhook_event_types": {
    get: {
      summary: "List the event types",
      tags,
      responses: answers("Their names.", z.object({ object: z.literal("list"), data: z.array(z.string()) })),
    },
  },
  "/v1/webhook_signing_secret": {
    get: {
      summary: "Show the hint of the tenant's own signing secret",
      tags,
      responses: answers("Nulls until there is one.", signingSecretSchema),
    },
  },
  "/v1/webhook_signing_secret/rotate": {
    post: {
      summary: "Make a new signing secret of the tenant's own, or the first",
      tags,
      requestBody: body(rotateWebhookSecretSchema, false),
      responses: answers(
        "The secret, shown this once.",
        signingSecretSchema.extend({ signing_secret: z.string() }),
      ),
    },
  },
};
