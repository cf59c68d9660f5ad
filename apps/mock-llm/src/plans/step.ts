import { z } from "zod";

const count = z.number().int().nonnegative();
const milliseconds = z.number().nonnegative();
/** True: the step is not used up; every further call meets it again. */
const repeat = z.boolean().optional();
/** How many output tokens leave before the step shows. */
const afterTokens = count.optional();

const okStepSchema = z.strictObject({ ok: z.literal(true), repeat });

const faultStepSchema = z.discriminatedUnion("kind", [
  /** An HTTP error. `code`, `type` and `message` default to what the imitated provider sends with that status. */
  z.strictObject({
    kind: z.literal("status"),
    status: z.number().int().min(400).max(599),
    retryAfterSeconds: z.number().nonnegative().optional(),
    retryAfterMs: milliseconds.optional(),
    code: z.string().optional(),
    type: z.string().optional(),
    message: z.string().optional(),
    /** Sent as `x-should-retry`. */
    shouldRetry: z.boolean().optional(),
    repeat,
  }),
  /** The prompt does not fit; `maximumTokens` is the limit that the message names (default 8,192). */
  z.strictObject({ kind: z.literal("context_overflow"), maximumTokens: count.optional(), repeat }),
  /** TCP reset: before anything is sent, or after some tokens (in half of the JSON when not streaming). */
  z.strictObject({ kind: z.literal("reset"), afterTokens, repeat }),
  /** JSON that breaks off; in a stream, one broken `data:` line after `afterTokens` (default 1). */
  z.strictObject({ kind: z.literal("malformed_json"), afterTokens, repeat }),
  /** 200 with an HTML page. */
  z.strictObject({ kind: z.literal("wrong_content_type"), repeat }),
  /** 200 with an error object as the body, or as a stream event after `afterTokens` (default 0). */
  z.strictObject({
    kind: z.literal("error_in_200"),
    afterTokens,
    code: z.string().optional(),
    type: z.string().optional(),
    message: z.string().optional(),
    repeat,
  }),
  /** Tokens until the client goes away (200 a second unless the plan has `tokensPerSecond`). */
  z.strictObject({ kind: z.literal("endless_stream"), repeat }),
  /** Silence until the client goes away: at once, or after headers and `afterTokens` tokens. */
  z.strictObject({ kind: z.literal("hang"), afterTokens, repeat }),
  /** 200 without a body. */
  z.strictObject({ kind: z.literal("empty"), repeat }),
  /** The ordinary answer, later. */
  z.strictObject({ kind: z.literal("slow"), latencyMs: milliseconds, repeat }),
  /** The stream ends cleanly without its terminal event; JSON breaks off when not streaming. */
  z.strictObject({ kind: z.literal("stream_ends_early"), afterTokens: count, repeat }),
  /** An answer text of exactly this many bytes. */
  z.strictObject({ kind: z.literal("huge"), bytes: count, repeat }),
]);

export const stepSchema = z.union([okStepSchema, faultStepSchema]);

/** What happens to one call: a fault, or `{ ok: true }` for an ordinary answer. */
export type Step = z.infer<typeof stepSchema>;
/** A step that is not `{ ok: true }`. */
export type FaultStep = z.infer<typeof faultStepSchema>;
