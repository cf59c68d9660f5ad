import type { JsonObject } from "../sync/generation-endpoint.ts";

/** An event of a response's stream. */
export interface ResponseEvent {
  readonly type: string;
  readonly number: number | null;
  /** The whole response, where the event carries one. */
  readonly response: JsonObject | null;
  /** Nothing follows. */
  readonly isTerminal: boolean;
}

const terminalTypes = new Set(["response.completed", "response.incomplete", "response.failed"]);

/** Null for data that is no event, such as `[DONE]`. */
export function readResponseEvent(data: string): ResponseEvent | null {
  const event = parseObject(data);
  const type = event?.["type"];
  if (event === null || typeof type !== "string") return null;
  const { sequence_number: number, response } = event;
  return {
    type,
    number: typeof number === "number" ? number : null,
    response: isJsonObject(response) ? response : null,
    isTerminal: terminalTypes.has(type),
  };
}

/** Null for a text that is no JSON object. */
export function parseObject(text: string): JsonObject | null {
  try {
    const value = JSON.parse(text) as unknown;
    return isJsonObject(value) ? value : null;
  } catch {
    // Not JSON, such as `[DONE]` or half an answer.
    return null;
  }
}

export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
