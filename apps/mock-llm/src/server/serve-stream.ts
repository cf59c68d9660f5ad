import { framesUpTo } from "../surfaces/frame.ts";
import type { GenerationSurface, Reply } from "../surfaces/surface.ts";
import type { Exchange } from "./exchange.ts";
import { plannedError } from "./fault-error.ts";
import { sendFrames } from "./send-frames.ts";
import type { LateFault } from "./serve-early-fault.ts";
import type { Timing } from "./timing.ts";

export interface StreamAnswer {
  readonly surface: GenerationSurface;
  readonly reply: Reply;
  readonly fault: LateFault | null;
  readonly timing: Timing;
}

/** Sends an answer as server-sent events, token by token, up to its end or to the point where a fault breaks it off. */
export async function serveStream(exchange: Exchange, answer: StreamAnswer): Promise<void> {
  const { surface, reply, fault, timing } = answer;
  exchange.startChunks({ contentType: "text/event-stream" });
  const frames = surface.encodeFrames(reply);
  const breakAfter = tokensBeforeBreak(fault);
  if (fault?.kind === "endless_stream") exchange.markEndless();
  const upTo = breakAfter === null ? frames : framesUpTo(frames, { tokens: breakAfter });
  const framesSent = await sendFrames(exchange, { frames: upTo, timing });
  if (framesSent === null) return;
  if (fault === null || breakAfter === null) exchange.endChunks({ outcome: "answered" });
  else await breakOff(exchange, { surface, fault, framesSent });
}

/** After how many tokens the fault shows; null when the stream reaches its proper end. */
function tokensBeforeBreak(fault: LateFault | null): number | null {
  switch (fault?.kind) {
    case "malformed_json":
      return fault.afterTokens ?? 1;
    case "error_in_200":
    case "reset":
    case "hang":
      return fault.afterTokens ?? 0;
    case "stream_ends_early":
      return fault.afterTokens;
    case "slow":
    case "huge":
    case "endless_stream":
    case undefined:
      return null;
  }
}

interface Break {
  readonly surface: GenerationSurface;
  readonly fault: LateFault;
  readonly framesSent: number;
}

async function breakOff(exchange: Exchange, { surface, fault, framesSent }: Break): Promise<void> {
  switch (fault.kind) {
    case "reset":
      await exchange.reset();
      return;
    case "hang":
      await exchange.hang();
      return;
    case "malformed_json":
      await exchange.writeChunk(brokenFrame(surface), { tokens: 0 });
      break;
    case "error_in_200": {
      const error = plannedError(fault, { family: surface.family });
      await exchange.writeChunk(surface.encodeErrorFrame(error, { framesSent }), { tokens: 0 });
      break;
    }
    case "stream_ends_early":
    case "slow":
    case "huge":
    case "endless_stream":
      break;
  }
  exchange.endChunks({ outcome: "error" });
}

/** An event whose JSON breaks off; Anthropic's clients look only at events with a name. */
function brokenFrame({ family }: GenerationSurface): string {
  const name = family === "anthropic" ? "event: content_block_delta\n" : "";
  return `${name}data: {"type":"content_block_delta","choices":[{"delta":{"content":"mo\n\n`;
}
