import type { Frame } from "../surfaces/frame.ts";
import type { Exchange } from "./exchange.ts";
import type { Timing } from "./timing.ts";

const largestPiece = 64 * 1_024;

/**
 * Sends frames, each token when it is due: first token + number of tokens before it * interval. Frames that are due together
 * leave together. Returns how many were sent, or null when the client went away.
 */
export async function sendFrames(
  exchange: Exchange,
  { frames, timing }: { readonly frames: Iterable<Frame>; readonly timing: Timing },
): Promise<number | null> {
  let pending = "";
  let pendingTokens = 0;
  let tokens = 0;
  let sent = 0;
  for (const frame of frames) {
    const dueAfterMs = timing.firstTokenAfterMs + tokens * timing.intervalMs;
    if (frame.tokens > 0 && dueAfterMs > 0 && dueAfterMs > exchange.elapsedMs) {
      if (!(await exchange.writeChunk(pending, { tokens: pendingTokens }))) return null;
      pending = "";
      pendingTokens = 0;
      if (!(await exchange.waitUntil(dueAfterMs))) return null;
    }
    pending += frame.text;
    pendingTokens += frame.tokens;
    tokens += frame.tokens;
    sent += 1;
    if (pending.length >= largestPiece) {
      if (!(await exchange.writeChunk(pending, { tokens: pendingTokens }))) return null;
      if (!(await exchange.giveWay())) return null;
      pending = "";
      pendingTokens = 0;
    }
  }
  return (await exchange.writeChunk(pending, { tokens: pendingTokens })) ? sent : null;
}
