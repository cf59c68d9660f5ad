import { z } from "zod";
import { laneSchema } from "./jobs.ts";
import { operationSchema, wireFormatSchema } from "./operation.ts";
import { requestResultSchema } from "./result.ts";

/** Appended to the fact stream in the same atomic step that commits a result; the gateway's recorder turns it into SQL rows. */
export const requestFinishedFactSchema = z.object({
  v: z.literal(1),
  type: z.literal("request-finished"),
  /** Idempotency key of the SQL row. */
  eventId: z.string(),
  tenantId: z.string(),
  lane: laneSchema,
  operation: operationSchema,
  callerFormat: wireFormatSchema,
  acceptedAtMs: z.number(),
  finishedAtMs: z.number(),
  requestedModel: z.string().nullable(),
  estimatedInputTokens: z.number().int().nonnegative(),
  result: requestResultSchema,
});
export type RequestFinishedFact = z.infer<typeof requestFinishedFactSchema>;

export const factSchema = z.discriminatedUnion("type", [requestFinishedFactSchema]);
export type Fact = z.infer<typeof factSchema>;
