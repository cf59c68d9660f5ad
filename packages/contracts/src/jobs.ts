import { z } from "zod";
import { callFailureSchema } from "./failure.ts";
import { excludedCandidateSchema, routingDecisionSchema, routingFeaturesSchema } from "./routing.ts";

export const laneSchema = z.enum(["interactive", "background", "batch"]);
export type Lane = z.infer<typeof laneSchema>;

/** One candidate that was tried for a request, successful or not. */
export const callAttemptSchema = z.object({
  modelId: z.string(),
  providerId: z.string(),
  round: z.number().int().nonnegative(),
  startedAtMs: z.number(),
  durationMs: z.number().nonnegative(),
  /** Null for the attempt that succeeded. */
  failure: callFailureSchema.nullable(),
  /** False when no call was made: the provider's breaker was open, or the candidate was gone. */
  called: z.boolean(),
});
export type CallAttempt = z.infer<typeof callAttemptSchema>;

/**
 * What every job carries. The request body is not part of it: it lies in Redis under the request id, so that queues stay
 * small and only the provider worker reads prompts. Never a secret.
 */
export const envelopeSchema = z.object({
  v: z.literal(1),
  requestId: z.string().regex(/^req_[0-9a-z]{16,64}$/),
  tenantId: z.string(),
  /** Project and key the request is accounted to; null for requests without a key of their own. */
  projectId: z.string().nullable(),
  keyId: z.string().nullable(),
  lane: laneSchema,
  /** From 0 to 9, higher first among requests of one lane; absent: in its turn. */
  priority: z.number().int().min(0).max(9).optional(),
  traceparent: z.string().nullable(),
  acceptedAtMs: z.number(),
  /** Unix milliseconds after which nobody wants the answer; the provider call is aborted then. */
  deadlineAtMs: z.number(),
  /** Whose reply channel hears of frames and the result: a gateway process that waits, or a run that is followed; null: nobody. */
  replyTo: z.string().nullable(),
  /** The orchestration this request is a call of; it is told of the end. Absent for a request of its own. */
  runId: z.string().optional(),
  /** Which call of it, `<phase>.<number>`; absent for a request of its own. */
  callId: z.string().optional(),
  features: routingFeaturesSchema,
  /** Headers that belong to the caller's body, e.g. `anthropic-version`; they follow it to a provider of the same format. */
  formatHeaders: z.record(z.string(), z.string()),
  /** 0 for the first routing, one more for every return to the router. */
  round: z.number().int().nonnegative(),
  excluded: z.array(excludedCandidateSchema),
  attempts: z.array(callAttemptSchema),
  /** The decision of the round before; null in the first one. It explains a request that ends without another. */
  lastDecision: routingDecisionSchema.nullable(),
});
export type Envelope = z.infer<typeof envelopeSchema>;

/**
 * Tells an orchestrator to look at a run: something may have happened to it. It carries no news itself; what is true stands
 * in the stores, so that a lost, late or repeated job changes nothing.
 */
export const orchestrateJobSchema = z.object({
  v: z.literal(1),
  runId: z.string(),
  /** What happened: the id of the call that ended, `start`, `cancel`, `due-<number>`; part of the job's id. */
  cause: z.string().regex(/^[\w-]{1,80}$/),
  traceparent: z.string().nullable(),
});
export type OrchestrateJob = z.infer<typeof orchestrateJobSchema>;

/** A `route` job is the bare envelope. */
export type RouteJob = Envelope;

export const callJobSchema = envelopeSchema.extend({ decision: routingDecisionSchema });
export type CallJob = z.infer<typeof callJobSchema>;
