import type { CanonicalTool, CanonicalToolChoice } from "../canonical.ts";
import { booleanOf, objectOf, textOf, type JsonObject } from "../json-value.ts";
import { parseCacheControl } from "./parse-content.ts";

const functionMembers = new Set(["type", "name", "description", "input_schema", "strict", "cache_control"]);

/** One entry of `tools`: a client tool with a schema, or one of the vendor's own (`web_search_...`, `bash_...`). */
export function parseTool(tool: JsonObject): CanonicalTool {
  const type = textOf(tool["type"]);
  const name = textOf(tool["name"]);
  if (type !== null && type !== "custom") {
    return { type: "native", format: "anthropic-messages", name: name ?? type, value: tool };
  }
  const extras = Object.entries(tool).filter(([key, value]) => !functionMembers.has(key) && value !== null);
  return {
    type: "function",
    name: name ?? "",
    description: textOf(tool["description"]),
    inputSchema: objectOf(tool["input_schema"]),
    strict: booleanOf(tool["strict"]),
    cacheControl: parseCacheControl(tool),
    extras: { format: "anthropic-messages", members: Object.fromEntries(extras) },
  };
}

export function parseToolChoice(choice: JsonObject): CanonicalToolChoice | null {
  switch (choice["type"]) {
    case "auto":
    case "none":
      return { type: choice["type"] };
    case "any":
      return { type: "required" };
    case "tool":
      return { type: "named", name: textOf(choice["name"]) ?? "" };
    default:
      return { type: "native", format: "anthropic-messages", value: choice };
  }
}
