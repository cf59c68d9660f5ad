import { z } from "zod";
import { callFailureSchema } from "./failure.ts";
import { callAttemptSchema } from "./jobs.ts";
import { wireFormatSchema } from "./operation.ts";
import { routingDecisionSchema, routingRefusalSchema } from "./routing.ts";
import { usageSchema } from "./usage.ts";

export const finishReasonSchema = z.enum([
  "stop",
  "length",
  "tool_calls",
  "content_filter",
  "pause",
  "other",
]);
export type FinishReason = z.infer<typeof finishReasonSchema>;

/**
 * How a request ended: written once, by the commit. The answer's body (a provider's bytes in `wireFormat`) travels beside
 * this record, not in it; for a stream the body is the stream log.
 */
export const requestResultSchema = z.object({
  v: z.literal(1),
  requestId: z.string(),
  outcome: z.enum(["succeeded", "failed", "cancelled"]),
  /** Format of the answer's body or stream log; null when there is none. */
  wireFormat: wireFormatSchema.nullable(),
  stream: z.boolean(),
  modelId: z.string().nullable(),
  providerId: z.string().nullable(),
  upstreamModel: z.string().nullable(),
  finishReason: z.object({ unified: finishReasonSchema, raw: z.string().nullable() }).nullable(),
  usage: usageSchema.nullable(),
  /** What was dropped or changed in translation, one sentence each. */
  warnings: z.array(z.string()),
  failure: callFailureSchema.nullable(),
  attempts: z.array(callAttemptSchema),
  /** Calls that were in flight when a worker died and were made again; they may have been billed. */
  ambiguousCalls: z.number().int().nonnegative(),
  /** Null when the request failed before a model was chosen. */
  decision: routingDecisionSchema.nullable(),
  /** Set when the router ended the request because no candidate was left. */
  refusal: routingRefusalSchema.nullable(),
  /** US dollars for the usage at the model's price; null when either is unknown. */
  costUsd: z.number().nonnegative().nullable(),
  /** Milliseconds from acceptance. */
  timeToFirstTokenMs: z.number().nonnegative().nullable(),
  durationMs: z.number().nonnegative(),
});
export type RequestResult = z.infer<typeof requestResultSchema>;
