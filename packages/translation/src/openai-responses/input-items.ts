import { isJsonObject, listOf, textOf, type JsonObject } from "../json-value.ts";

const prefixes: ReadonlyMap<string, string> = new Map([
  ["message", "msg"],
  ["function_call", "fc"],
  ["function_call_output", "fco"],
  ["custom_tool_call", "ctc"],
  ["custom_tool_call_output", "ctco"],
  ["reasoning", "rs"],
]);

/**
 * The input of a request as the API lists it: a text as a message, content as a list of parts, every item with an id and,
 * where it has one, a status. An item that came without an id gets one from the response's and its place, always the same.
 */
export function inputItemsOf(
  body: JsonObject,
  { responseId }: { readonly responseId: string },
): JsonObject[] {
  const { input } = body;
  const items =
    typeof input === "string" ? [{ role: "user", content: input }] : listOf(input).filter(isJsonObject);
  const digits = responseId.replace(/^resp_/, "");
  return items.map((item, position) => normalised(item, `${digits}_in${position}`));
}

function normalised(item: JsonObject, place: string): JsonObject {
  const type = textOf(item["type"]) ?? "message";
  const id = textOf(item["id"]) ?? `${prefixes.get(type) ?? "item"}_${place}`;
  if (type === "message") {
    const content = contentParts(item);
    return { ...item, id, type, status: item["status"] ?? "completed", content };
  }
  // Reasoning has no status of its own.
  const status = type === "reasoning" ? {} : { status: item["status"] ?? "completed" };
  return { ...item, id, type, ...status };
}

function contentParts({ role, content }: JsonObject): unknown {
  if (typeof content !== "string") return content ?? [];
  if (role === "assistant") return [{ type: "output_text", text: content, annotations: [] }];
  return [{ type: "input_text", text: content }];
}
