import { streamHeadSchema } from "@tokenhub/contracts";
import { createSseParser, wireFormats, type StreamReader } from "@tokenhub/translation";

/** Folds the frames of one call's stream log, which are in its provider's wire format, to the text of the answer. */
export interface CallText {
  /** The text that a frame adds. Each frame once, in order. */
  push(frame: string): string;
}

/** @throws ZodError from `push` when the first frame is no head, which only a fault of ours can cause. */
export function createCallText(): CallText {
  const parser = createSseParser();
  let reader: StreamReader | null = null;
  return {
    push(frame) {
      const headEnd = reader === null ? frame.indexOf("\n") : -1;
      const sse = reader === null ? frame.slice(headEnd + 1) : frame;
      reader ??= readerOf(frame.slice(0, headEnd));
      let text = "";
      for (const event of parser.push(sse)) {
        for (const piece of reader.read(event)) if (piece.type === "text-delta") text += piece.text;
      }
      return text;
    },
  };
}

function readerOf(headJson: string): StreamReader {
  const { wireFormat } = streamHeadSchema.parse(JSON.parse(headJson));
  if (wireFormat === "openai-embeddings") return { read: () => [] };
  return wireFormats[wireFormat].createStreamReader();
}
