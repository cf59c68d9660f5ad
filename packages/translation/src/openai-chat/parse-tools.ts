import type { CanonicalTool, CanonicalToolChoice } from "../canonical.ts";
import { booleanOf, objectOf, objectsOf, textOf, type JsonObject } from "../json-value.ts";
import type { WarningList } from "../warning-list.ts";

const toolMembers = new Set(["type", "function", "cache_control"]);
const functionMembers = new Set(["name", "description", "parameters", "strict"]);

/** `tools`, then the legacy `functions`. */
export function parseTools(body: JsonObject, warnings: WarningList): CanonicalTool[] {
  const tools = objectsOf(body["tools"]).map((tool) => parseTool(tool, warnings));
  const functions = objectsOf(body["functions"]).map((definition) => parseFunction(definition, warnings));
  return [...tools, ...functions];
}

function parseTool(tool: JsonObject, warnings: WarningList): CanonicalTool {
  const definition = objectOf(tool["function"]);
  if (definition === null) {
    const name = textOf(objectOf(tool["custom"])?.["name"]);
    return { type: "native", format: "openai-chat", name, value: tool };
  }
  warnings.unknownMembers(tool, toolMembers, "tools[].");
  const cacheControl = objectOf(tool["cache_control"]);
  return {
    ...parseFunction(definition, warnings),
    cacheControl: cacheControl === null ? null : { ttl: textOf(cacheControl["ttl"]) },
  };
}

function parseFunction(
  definition: JsonObject,
  warnings: WarningList,
): Extract<CanonicalTool, { type: "function" }> {
  warnings.unknownMembers(definition, functionMembers, "tools[].function.");
  return {
    type: "function",
    name: textOf(definition["name"]) ?? "",
    description: textOf(definition["description"]),
    inputSchema: objectOf(definition["parameters"]),
    strict: booleanOf(definition["strict"]),
    cacheControl: null,
    extras: { format: "openai-chat", members: {} },
  };
}

/** `tool_choice`, else the legacy `function_call`. */
export function parseToolChoice(body: JsonObject, warnings: WarningList): CanonicalToolChoice | null {
  const choice = body["tool_choice"] ?? body["function_call"];
  if (choice === "auto" || choice === "none" || choice === "required") return { type: choice };
  const object = objectOf(choice);
  if (object === null) {
    if (choice !== null && choice !== undefined) warnings.add("`tool_choice` is not known and was left out.");
    return null;
  }
  const name = textOf(objectOf(object["function"])?.["name"]) ?? textOf(object["name"]);
  if (name !== null) return { type: "named", name };
  const allowed = objectOf(object["allowed_tools"]);
  if (allowed !== null) return parseAllowedTools(allowed, object);
  return { type: "native", format: "openai-chat", value: object };
}

function parseAllowedTools(allowed: JsonObject, choice: JsonObject): CanonicalToolChoice {
  const tools = objectsOf(allowed["tools"]);
  const names = tools.map((tool) => textOf(objectOf(tool["function"])?.["name"]));
  if (names.includes(null)) return { type: "native", format: "openai-chat", value: choice };
  return {
    type: "subset",
    names: names.filter((name) => name !== null),
    isRequired: allowed["mode"] === "required",
  };
}
