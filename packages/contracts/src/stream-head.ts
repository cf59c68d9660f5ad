import { z } from "zod";
import { wireFormatSchema } from "./operation.ts";

/**
 * First line of frame 0 of every stream log, so that a log explains itself: who answers, in which format. The SSE text
 * follows after the line break; every other frame is SSE text alone. Frames hold whole SSE events.
 */
export const streamHeadSchema = z.object({
  v: z.literal(1),
  wireFormat: wireFormatSchema,
  modelId: z.string(),
  providerId: z.string(),
  upstreamModel: z.string(),
  reason: z.string(),
  attempts: z.number().int().positive(),
  warnings: z.array(z.string()),
});
export type StreamHead = z.infer<typeof streamHeadSchema>;
