import type { JsonObject } from "../json-value.ts";

/** One event with its `event:` line. */
export function formatResponsesEvent(type: string, members: JsonObject): string {
  return `event: ${type}\ndata: ${JSON.stringify({ type, ...members })}\n\n`;
}
