/** One server-sent event as it goes over the wire, and what it means for pacing and for faults in mid-stream. */
export interface Frame {
  readonly text: string;
  /** Output tokens in it: 0 or 1. */
  readonly tokens: number;
  /** True from the frame on that says how the answer ended. */
  readonly isClosing: boolean;
}

/** An event without tokens. */
export function openingFrame(text: string): Frame {
  return { text, tokens: 0, isClosing: false };
}

/** An event that carries one token. */
export function tokenFrame(text: string): Frame {
  return { text, tokens: 1, isClosing: false };
}

/** An event that tells the client that the answer is complete. */
export function closingFrame(text: string): Frame {
  return { text, tokens: 0, isClosing: true };
}

/** The frames up to and including the one with the given token (0: up to the first token), never a closing one. */
export function* framesUpTo(
  frames: Iterable<Frame>,
  { tokens }: { readonly tokens: number },
): Generator<Frame> {
  let sent = 0;
  for (const frame of frames) {
    if (frame.isClosing || sent + frame.tokens > tokens) return;
    yield frame;
    sent += frame.tokens;
    if (sent === tokens && tokens > 0) return;
  }
}
