import { z } from "zod";

/** What a caller asks for; a model's capabilities say which of these it serves. */
export const operationSchema = z.enum(["chat", "completion", "embeddings"]);
export type Operation = z.infer<typeof operationSchema>;

/**
 * The wire formats that requests, answers and streams travel in. A stored request body, a stored answer and a stream log
 * are always tagged with one of these, and hold the text of that format unchanged.
 */
export const wireFormatSchema = z.enum([
  "openai-chat",
  "openai-completions",
  "anthropic-messages",
  "openai-responses",
  "openai-embeddings",
]);
export type WireFormatName = z.infer<typeof wireFormatSchema>;
