import type { Response } from "express";
import { once } from "node:events";
import type { AttachedAnswer } from "../jobs/attach-to-job.ts";

/** Proxies and clients drop connections that say nothing. */
const keepAliveMs = 15_000;

/**
 * Gives an answer as it comes, at the pace of its reader.
 * @throws the reason of the signal when it fires first.
 */
export async function pipeAnswer(
  response: Response,
  { statusCode, headers, text }: AttachedAnswer,
  signal: AbortSignal,
): Promise<void> {
  response.status(statusCode);
  for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
  const isStream = (headers["content-type"] ?? "").startsWith("text/event-stream");
  if (isStream) {
    response.setHeader("cache-control", "no-cache, no-transform");
    response.setHeader("x-accel-buffering", "no");
  }
  let isBetweenEvents = true;
  const keepAlive = setInterval(() => {
    if (isStream && isBetweenEvents) response.write(": keep-alive\n\n");
  }, keepAliveMs);
  try {
    for await (const piece of text) {
      signal.throwIfAborted();
      isBetweenEvents = piece.endsWith("\n\n");
      if (!response.write(piece)) await once(response, "drain", { signal });
    }
  } finally {
    clearInterval(keepAlive);
  }
  response.end();
}
