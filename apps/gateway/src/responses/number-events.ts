import { createSseParser, encodeSseEvent, spliceTopLevel } from "@tokenhub/translation";
import type { JsonObject } from "../sync/generation-endpoint.ts";
import { readResponseEvent } from "./response-event.ts";

/** One event as followers of a response in the background get it. */
export interface NumberedEvent {
  /** Null for what is no event of the API. */
  readonly number: number | null;
  readonly text: string;
  readonly isTerminal: boolean;
}

/**
 * Makes the events of a response in the background of the stream of its job. The first two, `response.created` and
 * `response.queued`, follow from its draft, so that they are there before anything has begun; the others are numbered from 2
 * on in the order in which they come. Everything follows from draft and stream: each follower gets the same at any time.
 */
export function createEventNumbering(draft: JsonObject) {
  const parser = createSseParser();
  let nextNumber = 2;

  const numbered = (data: string): NumberedEvent[] => {
    const event = readResponseEvent(data);
    if (event === null)
      return [{ number: null, text: encodeSseEvent({ event: null, data }), isTerminal: false }];
    if (event.type === "response.created" || event.type === "response.queued") return [];
    const number = nextNumber;
    nextNumber += 1;
    const text = event.number === number ? data : spliceTopLevel(data, { sequence_number: String(number) });
    return [
      { number, text: encodeSseEvent({ event: event.type, data: text }), isTerminal: event.isTerminal },
    ];
  };
  const eventOf = (type: string, response: JsonObject, number: number): NumberedEvent => ({
    number,
    text: encodeSseEvent({
      event: type,
      data: JSON.stringify({ type, response, sequence_number: number }),
    }),
    isTerminal: number > 1,
  });
  return {
    begin: (): NumberedEvent[] => [
      eventOf("response.created", draft, 0),
      eventOf("response.queued", draft, 1),
    ],
    push: (text: string): NumberedEvent[] => parser.push(text).flatMap(({ data }) => numbered(data)),
    rest: (): NumberedEvent[] => parser.end().flatMap(({ data }) => numbered(data)),
    /** The last event of a response whose job has no stream that tells how it ended. */
    end: (response: JsonObject): NumberedEvent => {
      const { status } = response;
      const kind = status === "completed" || status === "incomplete" ? status : "failed";
      return eventOf(`response.${kind}`, response, nextNumber);
    },
  };
}
