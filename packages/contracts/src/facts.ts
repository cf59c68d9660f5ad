import { z } from "zod";
import { laneSchema } from "./jobs.ts";
import { operationSchema, wireFormatSchema } from "./operation.ts";
import { requestResultSchema } from "./result.ts";
import { runInputSchema, runStateSchema } from "./run.ts";
import { usageSchema } from "./usage.ts";
import { webhookAttemptedFactSchema } from "./webhook.ts";

/** Appended to the fact stream in the same atomic step that commits a result; the gateway's recorder turns it into SQL rows. */
export const requestFinishedFactSchema = z.object({
  v: z.literal(1),
  type: z.literal("request-finished"),
  /** Idempotency key of the SQL row. */
  eventId: z.string(),
  tenantId: z.string(),
  projectId: z.string().nullable(),
  keyId: z.string().nullable(),
  lane: laneSchema,
  /** The orchestration it was a call of; absent for a request of its own. */
  runId: z.string().optional(),
  /** Which call of it; absent for a request of its own. */
  callId: z.string().optional(),
  operation: operationSchema,
  callerFormat: wireFormatSchema,
  acceptedAtMs: z.number(),
  finishedAtMs: z.number(),
  requestedModel: z.string().nullable(),
  estimatedInputTokens: z.number().int().nonnegative(),
  /** The latency the caller allowed; the yardstick of the reward. */
  maxLatencyMs: z.number().positive().nullable(),
  result: requestResultSchema,
});
export type RequestFinishedFact = z.infer<typeof requestFinishedFactSchema>;

/**
 * A provider call whose answer reached nobody but which may have been billed. `ambiguous`: it was in flight when its worker
 * died. `duplicate`: its answer came after another holder had taken the call over.
 */
export const callIncidentFactSchema = z.object({
  v: z.literal(1),
  type: z.literal("call-incident"),
  eventId: z.string(),
  kind: z.enum(["ambiguous", "duplicate"]),
  requestId: z.string(),
  tenantId: z.string(),
  modelId: z.string(),
  providerId: z.string(),
  occurredAtMs: z.number(),
  usage: usageSchema.nullable(),
});
export type CallIncidentFact = z.infer<typeof callIncidentFactSchema>;

/** A run began, or ended (again, after a retry): the whole of it, for the books. */
export const runChangedFactSchema = z.object({
  v: z.literal(1),
  type: z.literal("run-changed"),
  eventId: z.string(),
  occurredAtMs: z.number(),
  input: runInputSchema,
  state: runStateSchema,
});
export type RunChangedFact = z.infer<typeof runChangedFactSchema>;

export const factSchema = z.discriminatedUnion("type", [
  requestFinishedFactSchema,
  callIncidentFactSchema,
  runChangedFactSchema,
  webhookAttemptedFactSchema,
]);
export type Fact = z.infer<typeof factSchema>;
