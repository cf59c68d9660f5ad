import type { JsonObject } from "../sync/generation-endpoint.ts";
import { isJsonObject, parseObject } from "./response-event.ts";

/** The items of a JSON list. */
export function readItems(json: string): JsonObject[] {
  return itemsOf(parseObject(`{"items":${json}}`)?.["items"]);
}

/** The objects of a list; none of what is no list. */
export function itemsOf(value: unknown): JsonObject[] {
  return Array.isArray(value) ? value.filter(isJsonObject) : [];
}
