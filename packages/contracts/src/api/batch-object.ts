import { z } from "zod";
import { expiresAfterSchema } from "./file-object.ts";

const mostMetadata = 16;

/** Body of `POST /v1/batches`. */
export const createBatchRequestSchema = z
  .strictObject({
    input_file_id: z.string().meta({ description: "A file that was uploaded with the purpose `batch`." }),
    endpoint: z
      .enum(["/v1/chat/completions", "/v1/completions", "/v1/embeddings", "/v1/responses"])
      .meta({ description: "Each line's `url` must be the same." }),
    completion_window: z.literal("24h"),
    metadata: z
      .record(z.string().min(1).max(64), z.string().max(512))
      .refine((metadata) => Object.keys(metadata).length <= mostMetadata, {
        error: `must have at most ${mostMetadata} members`,
      })
      .nullish(),
    output_expires_after: expiresAfterSchema
      .optional()
      .meta({ description: "How long output and error file are kept; default: 30 days." }),
  })
  .meta({ id: "CreateBatchRequest" });
export type CreateBatchRequest = z.infer<typeof createBatchRequestSchema>;

const secondsSchema = z.int().optional();

/** A batch of the OpenAI API. Times are Unix seconds. */
export const batchObjectSchema = z
  .object({
    id: z.string(),
    object: z.literal("batch"),
    endpoint: z.string(),
    model: z.string().optional().meta({ description: "What all lines name, when they name one." }),
    errors: z
      .object({
        object: z.literal("list"),
        data: z.array(
          z.object({
            code: z.string(),
            message: z.string(),
            param: z.string().nullable(),
            line: z.int().nullable(),
          }),
        ),
      })
      .optional(),
    input_file_id: z.string(),
    completion_window: z.string(),
    status: z.enum([
      "validating",
      "failed",
      "in_progress",
      "finalizing",
      "completed",
      "expired",
      "cancelling",
      "cancelled",
    ]),
    output_file_id: z.string().optional(),
    error_file_id: z.string().optional(),
    created_at: z.int(),
    in_progress_at: secondsSchema,
    expires_at: secondsSchema,
    finalizing_at: secondsSchema,
    completed_at: secondsSchema,
    failed_at: secondsSchema,
    expired_at: secondsSchema,
    cancelling_at: secondsSchema,
    cancelled_at: secondsSchema,
    request_counts: z.object({ total: z.int(), completed: z.int(), failed: z.int() }),
    usage: z
      .object({
        input_tokens: z.int(),
        input_tokens_details: z.object({ cached_tokens: z.int() }),
        output_tokens: z.int(),
        output_tokens_details: z.object({ reasoning_tokens: z.int() }),
        total_tokens: z.int(),
      })
      .optional(),
    metadata: z.record(z.string(), z.string()).nullable(),
  })
  .meta({ id: "Batch" });
export type BatchObject = z.infer<typeof batchObjectSchema>;

/** Query of `GET /v1/batches`. */
export const batchListQuerySchema = z.strictObject({
  limit: z.coerce.number().int().min(1).max(100).default(20),
  after: z.string().optional().meta({ description: "Id of the last batch of the page before." }),
});

export const batchListSchema = z
  .object({
    object: z.literal("list"),
    data: z.array(batchObjectSchema),
    first_id: z.string().nullable(),
    last_id: z.string().nullable(),
    has_more: z.boolean(),
  })
  .meta({ id: "BatchList" });
