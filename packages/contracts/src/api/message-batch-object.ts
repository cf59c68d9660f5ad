import { z } from "zod";
import { anthropicMessagesRequestSchema } from "./anthropic-messages-request.ts";

/** Body of `POST /v1/messages/batches`. */
export const createMessageBatchRequestSchema = z
  .object({
    requests: z
      .array(
        z.object({
          custom_id: z.string().regex(/^[a-zA-Z0-9_-]{1,64}$/),
          params: anthropicMessagesRequestSchema,
        }),
      )
      .min(1)
      .max(50_000),
  })
  .meta({ id: "CreateMessageBatchRequest" });

const momentSchema = z.string().meta({ description: "RFC 3339." });

/** A batch of the Anthropic API. */
export const messageBatchSchema = z
  .object({
    id: z.string(),
    type: z.literal("message_batch"),
    processing_status: z.enum(["in_progress", "canceling", "ended"]),
    request_counts: z.object({
      processing: z.int(),
      succeeded: z.int(),
      errored: z.int(),
      canceled: z.int(),
      expired: z.int(),
    }),
    created_at: momentSchema,
    expires_at: momentSchema,
    ended_at: momentSchema.nullable(),
    cancel_initiated_at: momentSchema.nullable(),
    archived_at: momentSchema.nullable(),
    results_url: z.string().nullable(),
  })
  .meta({ id: "MessageBatch" });
export type MessageBatch = z.infer<typeof messageBatchSchema>;

/** Query of `GET /v1/messages/batches`. */
export const messageBatchListQuerySchema = z
  .strictObject({
    limit: z.coerce.number().int().min(1).max(1_000).default(20),
    before_id: z.string().optional().meta({ description: "The page of newer batches right before it." }),
    after_id: z.string().optional().meta({ description: "The page of older batches right after it." }),
  })
  .refine(({ before_id, after_id }) => before_id === undefined || after_id === undefined, {
    error: "states both `before_id` and `after_id`",
  });

export const messageBatchListSchema = z
  .object({
    data: z.array(messageBatchSchema),
    has_more: z.boolean(),
    first_id: z.string().nullable(),
    last_id: z.string().nullable(),
  })
  .meta({ id: "MessageBatchList" });
