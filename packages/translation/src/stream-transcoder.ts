import type { WireFormatName } from "@tokenhub/contracts";
import { streamErrorCode } from "./provider-stream-error.ts";
import { createSseParser } from "./sse-parser.ts";
import { createStreamPassThrough } from "./stream-pass-through.ts";
import { translationBetween } from "./translation-between.ts";
import { translationFault } from "./translation-fault.ts";
import type { ResponseContext, SseEvent, StreamFailure } from "./wire-format.ts";

/** Turns a provider's stream text into the caller's. What it returns always ends with a complete event. */
export interface StreamTranscoder {
  /** Pieces may be cut anywhere; together they give the same text however they are cut. */
  push(sseText: string): string;
  /** When the provider's stream has ended well: the terminal events. */
  end(): string;
  /** When it has not: the format's error event. Text of an incomplete event is dropped. */
  fail(error: StreamFailure): string;
}

export interface StreamTranscoderInput {
  readonly from: WireFormatName;
  readonly to: WireFormatName;
  readonly context: ResponseContext;
  /** Whether the caller asked for the usage chunk of an OpenAI stream. */
  readonly includeUsage: boolean;
}

/** @throws TokenHubError invalid_request for a pair of formats that cannot be translated */
export function createStreamTranscoder(input: StreamTranscoderInput): StreamTranscoder {
  const { from, to, includeUsage } = input;
  const context = { ...input.context, includeUsage };
  if (from === to) return createStreamPassThrough(from, context);
  const formats = translationBetween(from, to);
  const parser = createSseParser();
  const reader = formats.from.createStreamReader();
  const writer = formats.to.createStreamWriter(context);

  const translate = (events: readonly SseEvent[]): string => {
    let text = "";
    try {
      for (const event of events) {
        for (const frame of reader.read(event)) {
          // The writer is closed by an error; whatever follows is written as nothing.
          text +=
            frame.type === "error"
              ? writer.fail({ code: streamErrorCode(frame.error), message: frame.error.message })
              : writer.write(frame);
        }
      }
    } catch (error) {
      const fault = translationFault(error);
      if (fault === null) throw error;
      text += writer.fail({ code: fault.code, message: fault.message });
    }
    return text;
  };
  return {
    push: (sseText) => translate(parser.push(sseText)),
    end: () => (parser.hasLeftover ? translate(parser.end()) : "") + writer.end(),
    fail: (error) => writer.fail(error),
  };
}
