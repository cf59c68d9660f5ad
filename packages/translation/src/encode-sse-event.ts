import type { SseEvent } from "./wire-format.ts";

/** One event as stream text, blank line included: `event:` only when it has a name, one `data:` per line of its data. */
export function encodeSseEvent(event: SseEvent): string {
  const name = event.event === null ? "" : `event: ${event.event}\n`;
  const data = event.data.includes("\n") ? event.data.replaceAll("\n", "\ndata: ") : event.data;
  return `${name}data: ${data}\n\n`;
}
