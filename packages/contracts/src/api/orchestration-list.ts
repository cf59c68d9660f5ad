import { z } from "zod";

const runStatusSchema = z.enum(["running", "succeeded", "failed", "cancelled"]);

/** One run in a list: without texts. */
export const orchestrationSummarySchema = z
  .object({
    id: z.string(),
    object: z.literal("orchestration"),
    mode: z.string(),
    status: runStatusSchema,
    created_at: z.number(),
    finished_at: z.number().nullable(),
    attempt: z.int(),
    calls: z.int(),
    total_tokens: z.int(),
    input_tokens: z.int(),
    output_tokens: z.int(),
    cost_usd: z.number().nullable(),
    error: z.object({ code: z.string() }).nullable(),
  })
  .meta({ id: "OrchestrationSummary" });

/** Answer of `GET /v1/orchestrations`. */
export const orchestrationListSchema = z
  .object({
    object: z.literal("list"),
    data: z.array(orchestrationSummarySchema),
    has_more: z.boolean(),
    first_id: z.string().nullable(),
    last_id: z.string().nullable().meta({ description: "Send it as `after` for the next page." }),
  })
  .meta({ id: "OrchestrationList" });
export type OrchestrationList = z.infer<typeof orchestrationListSchema>;

/** Query of `GET /v1/orchestrations`. */
export const orchestrationListQuerySchema = z.strictObject({
  limit: z.coerce.number().int().min(1).max(100).default(20),
  after: z
    .string()
    .regex(/^run_[0-9a-z]{16,64}$/, "must be the id of a run")
    .optional()
    .meta({ description: "Id of the last run of the page before." }),
  status: runStatusSchema.optional(),
  mode: z.string().min(1).max(64).optional(),
});
