import { z } from "zod";

const tokens = z.int().nonnegative();

/** One call of an orchestration, as callers are shown it. */
export const runPhaseReportSchema = z
  .object({
    id: z.string(),
    phase: z.string(),
    role: z.string(),
    attempt: z.int().positive(),
    status: z.enum(["running", "succeeded", "failed"]),
    model: z.string().nullable(),
    provider: z.string().nullable(),
    request_id: z.string(),
    output: z.string().nullable(),
    finish_reason: z.string().nullable(),
    error: z.object({ code: z.string(), message: z.string() }).nullable(),
    input_tokens: tokens.nullable(),
    output_tokens: tokens.nullable(),
    cost_usd: z.number().nonnegative().nullable(),
    started_at_ms: z.number(),
    finished_at_ms: z.number().nullable(),
    duration_ms: z.number().nonnegative().nullable(),
  })
  .meta({ id: "OrchestrationPhase" });

/** An orchestration as callers are shown it, whatever became of it. */
export const runReportSchema = z
  .object({
    id: z.string(),
    object: z.literal("orchestration"),
    mode: z.string(),
    status: z.enum(["running", "succeeded", "failed", "cancelled"]),
    created_at: z.int().meta({ description: "Unix seconds." }),
    finished_at: z.int().nullable(),
    iterations: z.int().nonnegative(),
    total_tokens: tokens.meta({ description: "Of all calls, those of earlier attempts included." }),
    input_tokens: tokens,
    output_tokens: tokens,
    cost_usd: z
      .number()
      .nonnegative()
      .nullable()
      .meta({ description: "Null when a call's cost is unknown." }),
    worst_case_cost_usd: z.number().nonnegative().nullable(),
    result: z.string().nullable(),
    reason: z.string().nullable(),
    artefacts: z.record(z.string(), z.json()),
    error: z.object({ code: z.string(), message: z.string() }).nullable(),
    phases: z.array(runPhaseReportSchema),
  })
  .meta({ id: "Orchestration" });

export type RunPhaseReport = z.infer<typeof runPhaseReportSchema>;
export type RunReport = z.infer<typeof runReportSchema>;
