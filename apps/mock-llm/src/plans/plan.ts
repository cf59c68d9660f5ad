import { z } from "zod";
import { stepSchema } from "./step.ts";

const tokens = z.number().int().nonnegative();
const milliseconds = z.number().nonnegative();

const plannedToolCallSchema = z.strictObject({
  name: z.string().min(1),
  /** Absent: derived from the tool's schema. */
  arguments: z.record(z.string(), z.unknown()).optional(),
});

/** Token counts to report. `inputTokens` is the whole input, cache reads and writes included; `outputTokens` includes reasoning. */
const plannedUsageSchema = z.strictObject({
  inputTokens: tokens.optional(),
  outputTokens: tokens.optional(),
  cacheReadTokens: tokens.optional(),
  cacheWriteTokens: tokens.optional(),
  reasoningTokens: tokens.optional(),
});

const planSchema = z.strictObject({
  /** Time until the response headers. */
  latencyMs: milliseconds.optional(),
  /** Time from the request to the first token; never before the headers. */
  timeToFirstTokenMs: milliseconds.optional(),
  /** Speed after the first token. An answer that is not streamed takes as long as the stream would have. */
  tokensPerSecond: z.number().positive().optional(),
  /** Length of the answer text in tokens (words): the text is cut or repeated to fit. */
  tokens: tokens.optional(),
  /** The answer text. Absent: an echo of the last user message, or JSON when the request asks for JSON. */
  text: z.string().optional(),
  /** The answer texts of the next calls, one each, in place of `text`; the last one stays. */
  texts: z.array(z.string()).min(1).optional(),
  /** Tools to call when the request offers tools and its last message is from the user. */
  toolCalls: z.array(z.union([z.string().min(1), plannedToolCallSchema])).optional(),
  /** Reasoning text; true for a stock sentence. */
  reasoning: z.union([z.literal(true), z.string()]).optional(),
  /**
   * `stop`, `length`, `tool_calls`, `content_filter`, `stop_sequence`, `pause` or `context_window`, each said in the words
   * of the API that was called; anything else is sent as it is.
   */
  finishReason: z.string().optional(),
  /** Overrides single counts; null leaves usage out of the answer. */
  usage: plannedUsageSchema.nullable().optional(),
  /** Extra response headers, on errors too. */
  headers: z.record(z.string(), z.string()).optional(),
  /** What happens to the next calls, one step each; then everything is ordinary again. */
  steps: z.array(stepSchema).optional(),
  /** True: after the last step comes the first. */
  repeat: z.boolean().optional(),
  rateLimit: z
    .strictObject({
      requestsPerMinute: z.number().positive().optional(),
      tokensPerMinute: z.number().positive().optional(),
    })
    .optional(),
  /** The only API key that is accepted; true for any key at all. Absent: no key is needed. */
  requireKey: z.union([z.literal(true), z.string().min(1)]).optional(),
});

/** How the mock behaves for one model. */
export type Plan = z.infer<typeof planSchema>;
export type PlannedToolCall = z.infer<typeof plannedToolCallSchema>;

/** Plans by model name; `*` is for models that have none of their own. */
const plansSchema = z.record(z.string().min(1), planSchema);

/** A plan that does not fit the schema; the message names the field. */
export class PlanError extends Error {
  override readonly name = "PlanError";
}

/**
 * Checks a plan that came from outside.
 *
 * @throws PlanError naming the first field that is wrong.
 */
export function parsePlan(value: unknown): Plan {
  return parseWith(planSchema, value);
}

/**
 * Checks a plan file's content.
 *
 * @throws PlanError naming the first field that is wrong.
 */
export function parsePlans(value: unknown): Readonly<Record<string, Plan>> {
  return parseWith(plansSchema, value);
}

function parseWith<T>(schema: z.ZodType<T>, value: unknown): T {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  const path = issue?.path.join(".") ?? "";
  throw new PlanError(path === "" ? `${issue?.message}` : `${path}: ${issue?.message}`);
}
