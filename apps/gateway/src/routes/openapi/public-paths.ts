import {
  adversarialAnswerSchema,
  adversarialRequestSchema,
  anthropicMessagesRequestSchema,
  legacyChatRequestSchema,
  nativeChatRequestSchema,
  openAiChatRequestSchema,
  openAiCompletionsRequestSchema,
  openAiEmbeddingsRequestSchema,
  openAiResponsesRequestSchema,
  orchestrationRequestSchema,
  planRequestSchema,
} from "@tokenhub/contracts/api";
import type { ZodOpenApiOperationObject, ZodOpenApiPathsObject } from "zod-openapi";
import { z } from "zod";
import { outputFormatSchema, outputSchemaSchema } from "@tokenhub/shaping";
import { routingWishesSchema } from "../../admission/routing-wishes.ts";
import { wishHeaderNames } from "../../admission/wish-headers.ts";
import { batchPaths } from "../batches/open-api.ts";
import { jobPaths } from "../jobs/open-api.ts";
import { orchestrationPaths } from "../orchestrations/open-api.ts";
import { responsePaths } from "../responses/open-api.ts";
import { webhookEndpointPaths } from "../webhook-endpoints/open-api.ts";
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
  "x-tokenhub-run": z
    .string()
    .optional()
    .meta({ description: "The orchestration that answered; `link` says where its phases are." }),
  link: z.string().optional(),
  age: z.string().optional().meta({ description: "Seconds since a kept answer was kept." }),
});

/** What is done to the answer; the same members in every body. */
const answerWishes = {
  output_format: outputFormatSchema
    .safeExtend({
      repair: z
        .boolean()
        .nullish()
        .meta({ description: "Asks the model once more when its answer does not fit the schema." }),
    })
    .optional(),
  include_decision: z.boolean().optional().meta({ description: "Adds the routing decision to the answer." }),
  cache: cacheWishSchema.optional(),
};
const wishesSchema = routingWishesSchema
  .extend({
    ...answerWishes,
    output_schema: outputSchemaSchema.optional(),
    orchestration: orchestrationRequestSchema.optional(),
  })
  .meta({ id: "Wishes", description: "Wishes for TokenHub; removed before the request is forwarded." });
const wishHeadersSchema = z.object({
  ...Object.fromEntries(
    wishHeaderNames.map((name) => [
      name,
      z
        .string()
        .optional()
        .meta({ description: "The same as the routing wish of that name in the body, which wins." }),
    ]),
  ),
  "x-tokenhub-timeout-ms": z
    .string()
    .optional()
    .meta({ description: "Milliseconds to wait for the answer, at most the server's own limit." }),
  [cacheHeaderName]: z
    .string()
    .optional()
    .meta({ description: "`true`, a number of seconds, or `off`: the same as `tokenhub.cache`." }),
});

const nativeErrorSchema = z
  .object({
    error: z.object({
      code: z.string(),
      message: z.string(),
      type: z.string(),
      param: z.string().nullable(),
      request_id: z.string(),
    }),
  })
  .meta({ id: "NativeError" });

const json = (schema: z.ZodType) => ({ "application/json": { schema } });

const withWishes = (body: z.ZodObject) => body.extend({ tokenhub: wishesSchema.optional() });

interface GenerationDoc {
  readonly summary: string;
  readonly tag: string;
  readonly body: z.ZodType;
  readonly error: z.ZodType;
  readonly canStream: boolean;
  readonly answer?: z.ZodType;
}

function generation({
  summary,
  tag,
  body,
  error,
  canStream,
  answer,
}: GenerationDoc): ZodOpenApiOperationObject {
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
    requestBody: { required: true, content: json(body) },
    responses: {
      "200": {
        description: "The answer.",
        headers: answerHeaders,
        content: { ...json(answer ?? z.looseObject({})), ...stream },
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

const planAnswerSchema = z
  .looseObject({
    run_id: z.string(),
    negotiated_model: z.string().nullable().meta({ description: "Who gave the final answer." }),
    estimated_cost_usd: z.number().nullable().meta({ description: "Of all calls together." }),
    routing_reason: z.string().nullable(),
    usage: z
      .object({ prompt_tokens: z.int(), completion_tokens: z.int(), total_tokens: z.int() })
      .meta({ description: "Of all calls together." }),
    response: z.unknown().meta({
      description:
        "`planning`: the chat completion. `adversarial`: `initial_plan`, `critique`, `refined_plan`. `vote`: `responses`, `selected` (from 0), `judge`, `judge_reason`. `refine`: `refined_response`, `iterations`, `model`.",
    }),
  })
  .meta({ id: "PlanAnswer" });

const answers = (description: string, schema: z.ZodType) => ({
  responses: { "200": { description, content: json(schema) } },
});

/** What applications and operators call. */
export const publicPaths: ZodOpenApiPathsObject = {
  "/v1/chat": {
    post: generation({
      summary: "Chat, with policy and answer forms",
      tag: "Native",
      body: z.union([
        nativeChatRequestSchema.extend({ ...answerWishes, policy: routingWishesSchema.optional() }),
        legacyChatRequestSchema,
      ]),
      error: nativeErrorSchema,
      canStream: true,
    }),
  },
  "/v1/plan": {
    post: generation({
      summary: "Answer by an orchestration, with what its phases made",
      tag: "Orchestrations",
      body: planRequestSchema.extend({ ...answerWishes, policy: routingWishesSchema.optional() }),
      error: nativeErrorSchema,
      canStream: false,
      answer: planAnswerSchema,
    }),
  },
  "/v1/adversarial": {
    post: generation({
      summary: "Plan, criticise and refine one prompt",
      tag: "Orchestrations",
      body: adversarialRequestSchema,
      error: nativeErrorSchema,
      canStream: false,
      answer: adversarialAnswerSchema,
    }),
  },
  ...orchestrationPaths,
  ...jobPaths,
  ...webhookEndpointPaths,
  "/v1/completions": {
    post: generation({
      summary: "Complete a text",
      tag: "OpenAI",
      body: withWishes(openAiCompletionsRequestSchema),
      error: openAiErrorSchema,
      canStream: true,
    }),
  },
  "/v1/chat/completions": {
    post: generation({
      summary: "Create a chat completion",
      tag: "OpenAI",
      body: withWishes(openAiChatRequestSchema),
      error: openAiErrorSchema,
      canStream: true,
    }),
  },
  "/v1/responses": {
    post: generation({
      summary: "Create a response",
      tag: "OpenAI",
      body: withWishes(openAiResponsesRequestSchema),
      error: openAiErrorSchema,
      canStream: true,
    }),
  },
  ...responsePaths,
  "/v1/embeddings": {
    post: generation({
      summary: "Create embeddings",
      tag: "OpenAI",
      body: withWishes(openAiEmbeddingsRequestSchema),
      error: openAiErrorSchema,
      canStream: false,
    }),
  },
  "/v1/messages": {
    post: generation({
      summary: "Create a message",
      tag: "Anthropic",
      body: withWishes(anthropicMessagesRequestSchema),
      error: anthropicErrorSchema,
      canStream: true,
    }),
  },
  ...batchPaths,
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
