import {
  anthropicMessagesRequestSchema,
  openAiChatRequestSchema,
  openAiEmbeddingsRequestSchema,
} from "@tokenhub/contracts";
import type { ZodOpenApiOperationObject, ZodOpenApiPathsObject } from "zod-openapi";
import { z } from "zod";
import { routingWishesSchema } from "../../admission/routing-wishes.ts";
import { cacheHeaderName, cacheWishSchema } from "../../cache/cache-wish.ts";

const openAiErrorSchema = z
  .object({
    error: z.object({
      message: z.string(),
      type: z.string(),
      param: z.string().nullable(),
      code: z.string().nullable(),
    }),
  })
  .meta({ id: "OpenAiError" });
const anthropicErrorSchema = z
  .object({
    type: z.literal("error"),
    error: z.object({ type: z.string(), message: z.string() }),
    request_id: z.string(),
  })
  .meta({ id: "AnthropicError" });
const modelSchema = z
  .looseObject({ id: z.string(), object: z.literal("model"), owned_by: z.string() })
  .meta({ id: "Model" });

const answerHeaders = z.object({
  "x-request-id": z.string().meta({ description: "Quote it to the operator." }),
  "x-tokenhub-model": z.string().optional().meta({ description: "The model that answered." }),
  "x-tokenhub-provider": z.string().optional(),
  "x-tokenhub-reason": z.string().optional().meta({ description: "Why this model." }),
  "x-tokenhub-attempts": z.string().optional().meta({ description: "Upstream calls made." }),
  "x-tokenhub-warnings": z
    .string()
    .optional()
    .meta({ description: "What of the request could not be expressed for the provider." }),
  [cacheHeaderName]: z
    .enum(["hit", "miss"])
    .optional()
    .meta({ description: "Whether the answer is a kept one; only for requests that use the cache." }),
  age: z.string().optional().meta({ description: "Seconds since a kept answer was kept." }),
});

const wishesSchema = routingWishesSchema
  .extend({ cache: cacheWishSchema.optional() })
  .meta({ id: "Wishes", description: "Wishes for TokenHub; removed before the request is forwarded." });
const wishHeadersSchema = z.object({
  [cacheHeaderName]: z
    .string()
    .optional()
    .meta({ description: "`true`, a number of seconds, or `off`: the same as `tokenhub.cache`." }),
});

const json = (schema: z.ZodType) => ({ "application/json": { schema } });

interface GenerationDoc {
  readonly summary: string;
  readonly tag: string;
  readonly body: z.ZodObject;
  readonly error: z.ZodType;
  readonly canStream: boolean;
}

function generation({ summary, tag, body, error, canStream }: GenerationDoc): ZodOpenApiOperationObject {
  const stream = canStream
    ? {
        "text/event-stream": {
          schema: z.string().meta({ description: "Server-sent events, when `stream` is true." }),
        },
      }
    : {};
  return {
    summary,
    tags: [tag],
    requestParams: { header: wishHeadersSchema },
    requestBody: { required: true, content: json(body.extend({ tokenhub: wishesSchema.optional() })) },
    responses: {
      "200": {
        description: "The answer.",
        headers: answerHeaders,
        content: { ...json(z.looseObject({})), ...stream },
      },
      "4XX": {
        description: "A fault of the request; the message says what to change.",
        content: json(error),
      },
      "5XX": {
        description: "A provider's fault or ours; `x-should-retry` says whether to try again.",
        content: json(error),
      },
    },
  };
}

const answers = (description: string, schema: z.ZodType) => ({
  responses: { "200": { description, content: json(schema) } },
});

/** What applications and operators call. */
export const publicPaths: ZodOpenApiPathsObject = {
  "/v1/chat/completions": {
    post: generation({
      summary: "Create a chat completion",
      tag: "OpenAI",
      body: openAiChatRequestSchema,
      error: openAiErrorSchema,
      canStream: true,
    }),
  },
  "/v1/embeddings": {
    post: generation({
      summary: "Create embeddings",
      tag: "OpenAI",
      body: openAiEmbeddingsRequestSchema,
      error: openAiErrorSchema,
      canStream: false,
    }),
  },
  "/v1/messages": {
    post: generation({
      summary: "Create a message",
      tag: "Anthropic",
      body: anthropicMessagesRequestSchema,
      error: anthropicErrorSchema,
      canStream: true,
    }),
  },
  "/v1/models": {
    get: {
      summary: "List models and aliases",
      tags: ["OpenAI"],
      ...answers("The models.", z.object({ object: z.literal("list"), data: z.array(modelSchema) })),
    },
  },
  "/v1/models/{id}": {
    get: {
      summary: "Get one model",
      tags: ["OpenAI"],
      requestParams: { path: z.object({ id: z.string() }) },
      ...answers("The model.", modelSchema),
    },
  },
  "/health": {
    get: {
      summary: "Whether the process lives",
      tags: ["Operations"],
      security: [],
      ...answers("It does.", z.object({ status: z.literal("healthy") })),
    },
  },
  "/healthz": {
    get: {
      summary: "Whether Redis and the database are reachable",
      tags: ["Operations"],
      security: [],
      ...answers("They are.", z.object({ status: z.string(), adapters: z.int(), models: z.int() })),
    },
  },
  "/readyz": {
    get: {
      summary: "Readiness by dependency",
      tags: ["Operations"],
      security: [],
      ...answers("Ready.", z.looseObject({ status: z.string() })),
    },
  },
  "/metrics": {
    get: {
      summary: "Prometheus metrics",
      tags: ["Operations"],
      security: [],
      responses: { "200": { description: "Metrics.", content: { "text/plain": { schema: z.string() } } } },
    },
  },
};
