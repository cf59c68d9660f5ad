import { createSseParser } from "@tokenhub/translation";
import type { JsonObject } from "../sync/generation-endpoint.ts";
import { readResponseEvent } from "./response-event.ts";

/** Holds back how a stream of a response ended. */
export interface TerminalHold {
  /** Takes whole events; gives those before the last one, every byte as it is. */
  pass(text: string): string;
  /** The response of the last event, as JSON; null: there was none yet. */
  readonly response: JsonObject | null;
  /** The last event, and what came behind it. */
  readonly held: string;
}

export function createTerminalHold(): TerminalHold {
  let held = "";
  let response: JsonObject | null = null;
  return {
    pass(text) {
      if (response !== null) {
        held += text;
        return "";
      }
      if (!mayEnd.test(text)) return text;
      let passed = "";
      for (const block of text.split(/(?<=\n\n|\r\n\r\n)/)) {
        response ??= terminalResponseOf(block);
        if (response === null) passed += block;
        else held += block;
      }
      return passed;
    },
    get response() {
      return response;
    },
    get held() {
      return held;
    },
  };
}

/** Almost no event does; this is the cheapest way to say no. */
const mayEnd = /response\.(?:completed|incomplete|failed)"/;

/** The response as a stream ended with; null for a text in which none ends. */
export function terminalResponseOf(text: string): JsonObject | null {
  if (!mayEnd.test(text)) return null;
  const parser = createSseParser();
  for (const { data } of [...parser.push(text), ...parser.end()]) {
    const event = mayEnd.test(data) ? readResponseEvent(data) : null;
    if (event?.isTerminal === true && event.response !== null) return event.response;
  }
  return null;
}
