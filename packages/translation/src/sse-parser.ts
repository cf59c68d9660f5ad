import { TokenHubError } from "@tokenhub/contracts";
import { createParser } from "eventsource-parser";
import type { SseEvent } from "./wire-format.ts";

export interface SseParser {
  /**
   * Events completed by this piece of text; pieces may be cut anywhere.
   * @throws TokenHubError provider_bad_response when one event outgrows the buffer limit
   */
  push(text: string): SseEvent[];
  /** At the end of the stream: the event whose closing blank line never came, if there is one. */
  end(): SseEvent[];
  /** Whether text has been taken in that no event has been made of yet: true at the end means the stream was cut. */
  readonly hasLeftover: boolean;
}

/** One event may not grow beyond this many characters; a whole image in a stream still fits. */
const sseBufferCharsMax = 32 * 1024 * 1024;

/** Incremental server-sent events parser. Comments, ids and retry hints are skipped. */
export function createSseParser(bufferCharsMax: number = sseBufferCharsMax): SseParser {
  let events: SseEvent[] = [];
  let tail = "";
  let overflow = false;
  const parser = createParser({
    maxBufferSize: bufferCharsMax,
    onEvent: ({ event, data }) => {
      // An event without data is none: the standard says so, and some servers send them to keep the line open.
      if (data !== "") events.push({ event: event ?? null, data });
    },
    onError: ({ type }) => {
      overflow ||= type === "max-buffer-size-exceeded";
    },
  });
  const feed = (text: string): SseEvent[] => {
    if (overflow) throw tooLarge();
    parser.feed(text);
    if (overflow) throw tooLarge();
    const completed = events;
    events = [];
    return completed;
  };
  return {
    push: (text) => {
      if (text !== "") tail = (tail + text.slice(-4)).slice(-4);
      return feed(text);
    },
    end: () => {
      tail = "";
      return feed("\n\n");
    },
    get hasLeftover() {
      return tail !== "" && !/(?:\n|\r\n|\r(?!\n))(?:\n|\r\n?)$/.test(tail);
    },
  };
}

function tooLarge(): TokenHubError {
  return new TokenHubError("provider_bad_response", "The provider sent a stream event that is too large.");
}
