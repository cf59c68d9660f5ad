import { z } from "zod";
import { asyncJobOriginSchema, asyncJobStateSchema } from "../async-job.ts";
import { laneSchema } from "../jobs.ts";

const seconds = z.number().int().nullable();

/** A job as callers see it. Times are Unix seconds. */
export const publicJobSchema = z
  .object({
    id: z.string(),
    object: z.literal("job"),
    status: asyncJobStateSchema,
    endpoint: z.string(),
    model: z.string().nullable(),
    stream: z.boolean(),
    origin: asyncJobOriginSchema,
    lane: laneSchema,
    priority: z.number().int(),
    created_at: z.number().int(),
    not_before: seconds,
    deadline: seconds,
    started_at: seconds,
    finished_at: seconds,
    expires_at: seconds.meta({ description: "When job and result are deleted." }),
    queue_position: z.number().int().nullable().meta({
      description: "From 1, among the jobs of the same tenant, lane and model; null unless it is queued.",
    }),
    estimated_start_at: seconds,
    attempts: z.number().int(),
    cancel_requested: z.boolean(),
    request_id: z
      .string()
      .meta({ description: "Of the last attempt; the request log has it under this id." }),
    batch_id: z.string().nullable(),
    custom_id: z.string().nullable(),
    replay_of: z.string().nullable(),
    metadata: z.record(z.string(), z.string()).nullable(),
    tags: z.array(z.string()).readonly().nullable(),
    decision: z.object({ model: z.string(), provider: z.string(), reason: z.string().nullable() }).nullable(),
    usage: z
      .object({ input_tokens: z.number(), output_tokens: z.number(), total_tokens: z.number() })
      .nullable(),
    cost_usd: z.number().nullable(),
    error: z.object({ code: z.string(), class: z.string().nullable(), message: z.string() }).nullable(),
    result: z
      .object({ status_code: z.number().int(), body: z.unknown() })
      .nullable()
      .meta({ description: "What a caller who had waited would have been answered." }),
    urls: z.object({ self: z.string(), events: z.string(), cancel: z.string() }),
  })
  .meta({ id: "Job" });
export type PublicJob = z.infer<typeof publicJobSchema>;

/** The generation endpoints that jobs may be for. */
export const jobEndpoints = [
  "/v1/chat/completions",
  "/v1/messages",
  "/v1/responses",
  "/v1/completions",
  "/v1/embeddings",
  "/v1/chat",
  "/v1/plan",
  "/v1/adversarial",
] as const;

const momentSchema = z.union([
  z.number().positive().meta({ description: "Unix seconds." }),
  z.iso.datetime({ offset: true }),
]);

/** Body of `POST /v1/jobs`. Strict: a misspelt limit would be paid for. */
export const submitJobRequestSchema = z
  .strictObject({
    endpoint: z.enum(jobEndpoints),
    body: z
      .record(z.string(), z.unknown())
      .meta({ description: "The body as the endpoint itself takes it." }),
    webhook: z
      .union([
        z.string(),
        z.strictObject({
          url: z.string(),
          secret: z.string().nullish(),
          events: z.array(z.string()).max(20).nullish(),
        }),
      ])
      .nullish()
      .meta({ description: "Where the end is told: an https URL, or one with a signing secret of its own." }),
    priority: z.int().min(0).max(9).nullish().meta({ description: "Higher goes first; 5 unless stated." }),
    deadline: momentSchema
      .nullish()
      .meta({ description: "A job that has not begun by then is dropped before anything is spent." }),
    not_before: momentSchema.nullish(),
    metadata: z
      .record(z.string().max(64), z.string().max(512))
      .nullish()
      .refine((metadata) => Object.keys(metadata ?? {}).length <= 16, "holds at most 16 entries"),
    tags: z.array(z.string().min(1).max(64)).max(16).nullish(),
  })
  .meta({ id: "SubmitJobRequest" });
export type SubmitJobRequest = z.infer<typeof submitJobRequestSchema>;

export const jobListSchema = z
  .object({
    object: z.literal("list"),
    data: z.array(publicJobSchema),
    has_more: z.boolean(),
    first_id: z.string().nullable(),
    last_id: z.string().nullable().meta({ description: "Send it as `after` for the next page." }),
  })
  .meta({ id: "JobList" });
export type JobList = z.infer<typeof jobListSchema>;

/** Query of `GET /v1/jobs`. */
export const jobListQuerySchema = z.strictObject({
  limit: z.coerce.number().int().min(1).max(100).default(20),
  after: z
    .string()
    .regex(/^job_[0-9a-z]{16,64}$/, "must be the id of a job")
    .optional()
    .meta({ description: "Id of the last job of the page before." }),
  order: z.enum(["asc", "desc"]).default("desc"),
  status: asyncJobStateSchema.optional(),
  endpoint: z.enum(jobEndpoints).optional(),
  batch_id: z.string().max(80).optional(),
  tag: z.string().min(1).max(64).optional(),
  created_after: z.coerce.number().optional().meta({ description: "Unix seconds." }),
  created_before: z.coerce.number().optional().meta({ description: "Unix seconds." }),
});
