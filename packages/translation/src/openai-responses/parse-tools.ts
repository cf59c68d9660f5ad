import type { CanonicalTool, CanonicalToolChoice } from "../canonical.ts";
import { invalidRequest } from "../invalid-request.ts";
import { booleanOf, listOf, objectOf, objectsOf, textOf, type JsonObject } from "../json-value.ts";
import type { WarningList } from "../warning-list.ts";

const functionMembers = new Set(["type", "name", "description", "parameters", "strict"]);

/**
 * Functions, and custom tools, which are written as chat completions know them.
 * @throws TokenHubError invalid_request for a tool that the vendor itself runs
 */
export function parseTools(tools: unknown, warnings: WarningList): CanonicalTool[] {
  return listOf(tools).map((tool, position) => {
    const object = objectOf(tool) ?? {};
    switch (object["type"]) {
      case "function":
        return parseFunction(object, warnings);
      case "custom":
        return parseCustomTool(object);
      default:
        throw builtInTool(`tools.${position}`, object);
    }
  });
}

function builtInTool(param: string, tool: JsonObject): Error {
  const type = (textOf(tool["type"]) ?? "").slice(0, 64);
  return invalidRequest(
    param,
    `asks for \`${type}\`, a tool that its vendor runs and this model's provider does not have: use function or custom tools, or name a model whose provider serves Responses itself`,
  );
}

function parseFunction(tool: JsonObject, warnings: WarningList): CanonicalTool {
  warnings.unknownMembers(tool, functionMembers, "tools[].");
  return {
    type: "function",
    name: textOf(tool["name"]) ?? "",
    description: textOf(tool["description"]),
    inputSchema: objectOf(tool["parameters"]),
    strict: booleanOf(tool["strict"]),
    cacheControl: null,
    extras: { format: "openai-responses", members: {} },
  };
}

/** In chat completions the definition has a member of its own, and so has a grammar. */
function parseCustomTool(tool: JsonObject): CanonicalTool {
  const { type: _type, format, ...definition } = tool;
  const grammar = objectOf(format);
  const custom =
    grammar?.["type"] === "grammar"
      ? {
          ...definition,
          format: {
            type: "grammar",
            grammar: { definition: grammar["definition"], syntax: grammar["syntax"] },
          },
        }
      : { ...definition, ...(grammar === null ? {} : { format: grammar }) };
  return {
    type: "native",
    format: "openai-chat",
    name: textOf(tool["name"]),
    value: { type: "custom", custom },
  };
}

export function parseToolChoice(choice: unknown, warnings: WarningList): CanonicalToolChoice | null {
  if (choice === null || choice === undefined) return null;
  if (choice === "auto" || choice === "none" || choice === "required") return { type: choice };
  const object = objectOf(choice) ?? {};
  const name = textOf(object["name"]);
  switch (object["type"]) {
    case "function":
      return name === null ? null : { type: "named", name };
    case "custom":
      return { type: "native", format: "openai-chat", value: { type: "custom", custom: { name } } };
    case "allowed_tools":
      return parseAllowedTools(object);
    case undefined:
      warnings.add("`tool_choice` is not known and was left out.");
      return null;
    default:
      throw builtInTool("tool_choice", object);
  }
}

function parseAllowedTools(choice: JsonObject): CanonicalToolChoice {
  const names = objectsOf(choice["tools"]).flatMap((tool) => textOf(tool["name"]) ?? []);
  return { type: "subset", names, isRequired: choice["mode"] === "required" };
}
