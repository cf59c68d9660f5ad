import {
  requestResultSchema,
  streamHeadSchema,
  type Operation,
  type RequestResult,
  type StreamHead,
} from "@tokenhub/contracts";
import { z } from "zod";

/** The request that an answer was given to; ids and times inside a translated answer are made from it. */
const originSchema = z.object({
  requestId: z.string(),
  acceptedAtMs: z.number(),
  estimatedInputTokens: z.number(),
});
export type AnswerOrigin = z.infer<typeof originSchema>;

const headerSchema = z.object({
  v: z.literal(1),
  origin: originSchema,
  result: requestResultSchema,
  /** Null for a whole answer. */
  head: streamHeadSchema.nullable(),
});

/** An answer as it came from the provider, to be given again in any caller's format. */
export interface KeptAnswer {
  readonly origin: AnswerOrigin;
  readonly result: RequestResult;
  /** Of a stream; null for a whole answer. */
  readonly head: StreamHead | null;
  /** The whole answer's body, or the text of the stream after its head. */
  readonly text: string;
}

/** One line of JSON, then the text unchanged. */
export function encodeKeptAnswer({ text, ...header }: KeptAnswer): string {
  return `${JSON.stringify({ v: 1, ...header })}\n${text}`;
}

/** Null for an entry of another version. */
export function decodeKeptAnswer(entry: string): KeptAnswer | null {
  const lineEnd = entry.indexOf("\n");
  const parsed = headerSchema.safeParse(parseJson(entry.slice(0, lineEnd)));
  if (!parsed.success) return null;
  const { v: _, ...header } = parsed.data;
  return { ...header, text: entry.slice(lineEnd + 1) };
}

/** Whether a result is an answer worth keeping: whole, and ended by the model itself. */
export function isKeepable(result: RequestResult, operation: Operation): boolean {
  if (result.outcome !== "succeeded" || result.wireFormat === null || result.modelId === null) return false;
  if (operation === "embeddings") return true;
  const ended = result.finishReason?.unified;
  return ended === "stop" || ended === "tool_calls";
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
