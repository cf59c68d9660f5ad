import { endlessWords } from "../answer/words.ts";
import { errorBody } from "../surfaces/error-body.ts";
import { openingFrame, tokenFrame, type Frame } from "../surfaces/frame.ts";
import type { Exchange } from "./exchange.ts";
import { plannedError } from "./fault-error.ts";
import { sendFrames } from "./send-frames.ts";
import type { LateFault } from "./serve-early-fault.ts";
import { wholeAnswerAfterMs, type Timing } from "./timing.ts";

const contentType = "application/json";

export interface JsonAnswer {
  readonly body: unknown;
  /** Output tokens in it. */
  readonly tokens: number;
  readonly fault: LateFault | null;
  readonly timing: Timing;
}

/** Sends an answer in one piece when all its tokens are due, or what a fault makes of it. */
export async function serveJson(
  exchange: Exchange,
  { body, tokens, fault, timing }: JsonAnswer,
): Promise<void> {
  const afterMs = wholeAnswerAfterMs(timing, { tokens });
  if (fault?.kind === "endless_stream") return serveEndlessJson(exchange, { timing });
  if (afterMs > 0 && !(await exchange.waitUntil(afterMs))) return;
  const text = JSON.stringify(body);
  if (fault === null) {
    exchange.sendWhole({ status: 200, contentType, body: text, outcome: "answered", tokens });
    return;
  }
  const firstHalf = text.slice(0, Math.floor(text.length / 2));
  switch (fault.kind) {
    case "slow":
    case "huge":
      exchange.sendWhole({ status: 200, contentType, body: text, outcome: "answered", tokens });
      return;
    case "malformed_json":
    case "stream_ends_early":
      exchange.sendWhole({ status: 200, contentType, body: firstHalf, outcome: "error" });
      return;
    case "error_in_200": {
      const error = plannedError(fault, { family: exchange.family });
      const errorText = errorBody(error, { family: exchange.family, requestId: exchange.call.id });
      exchange.sendWhole({ status: 200, contentType, body: errorText, outcome: "error" });
      return;
    }
    case "reset":
    case "hang":
      exchange.startChunks({ contentType });
      if (!(await exchange.writeChunk(firstHalf, { tokens: 0 }))) return;
      await (fault.kind === "reset" ? exchange.reset() : exchange.hang());
      return;
  }
}

/** A JSON text whose one string never ends. */
async function serveEndlessJson(exchange: Exchange, { timing }: { readonly timing: Timing }): Promise<void> {
  if (!(await exchange.waitUntil(timing.headersAfterMs))) return;
  exchange.markEndless();
  exchange.startChunks({ contentType });
  await sendFrames(exchange, { frames: endlessJsonFrames(), timing });
}

function* endlessJsonFrames(): Generator<Frame> {
  yield openingFrame('{"mock":"');
  for (const word of endlessWords()) yield tokenFrame(word);
}
