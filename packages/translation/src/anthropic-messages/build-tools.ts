import type { CanonicalRequest, CanonicalTool, CanonicalToolChoice } from "../canonical.ts";
import { presentMembers, type JsonObject } from "../json-value.ts";
import type { WarningList } from "../warning-list.ts";
import { cacheMember } from "./build-content.ts";

/** `tools` and `tool_choice`, which also carries whether calls may be parallel; neither without tools. */
export function buildTools(request: CanonicalRequest, warnings: WarningList): JsonObject {
  const choice = request.toolChoice;
  const tools = allowedTools(request, warnings).flatMap((tool) => buildTool(tool, warnings));
  if (tools.length === 0) {
    if (choice !== null && choice.type !== "auto" && choice.type !== "none") {
      warnings.add(
        "`tool_choice` was left out: the request has no tools that anthropic-messages can express.",
      );
    }
    return {};
  }
  const toolChoice = choice === null ? null : buildToolChoice(choice, warnings);
  return presentMembers({ tools, tool_choice: addParallel(toolChoice, request.parallelToolCalls) });
}

/** Anthropic cannot allow a part of the tools: the others are not sent. */
function allowedTools(request: CanonicalRequest, warnings: WarningList): readonly CanonicalTool[] {
  const choice = request.toolChoice;
  if (choice?.type !== "subset") return request.tools;
  warnings.add("`tool_choice.allowed_tools` was expressed by sending only the allowed tools.");
  return request.tools.filter((tool) => tool.name !== null && choice.names.includes(tool.name));
}

function buildTool(tool: CanonicalTool, warnings: WarningList): JsonObject[] {
  if (tool.type === "native") {
    if (tool.format === "anthropic-messages") return [tool.value];
    warnings.leftOut(`tools[] ${tool.name ?? ""}`.trimEnd(), "anthropic-messages");
    return [];
  }
  const extras = tool.extras.format === "anthropic-messages" ? tool.extras.members : {};
  const built = presentMembers({
    name: tool.name,
    description: tool.description,
    input_schema: inputSchema(tool.inputSchema),
    strict: tool.strict,
    ...cacheMember(tool.cacheControl),
  });
  return [{ ...extras, ...built }];
}

/** Anthropic demands an object schema; a function without parameters takes an empty object. */
function inputSchema(schema: JsonObject | null): JsonObject {
  if (schema === null || Object.keys(schema).length === 0) return { type: "object", properties: {} };
  return schema["type"] === "object" ? schema : { ...schema, type: "object" };
}

function buildToolChoice(choice: CanonicalToolChoice, warnings: WarningList): JsonObject | null {
  switch (choice.type) {
    case "auto":
    case "none":
      return { type: choice.type };
    case "required":
      return { type: "any" };
    case "named":
      return { type: "tool", name: choice.name };
    case "subset":
      return { type: choice.isRequired ? "any" : "auto" };
    case "native":
      if (choice.format === "anthropic-messages") return choice.value;
      warnings.leftOut("tool_choice", "anthropic-messages");
      return null;
  }
}

function addParallel(choice: JsonObject | null, parallelToolCalls: boolean | null): JsonObject | null {
  if (parallelToolCalls === null || choice?.["type"] === "none") return choice;
  // Parallel calls are the default, so they need no tool choice of their own.
  if (choice === null && parallelToolCalls) return null;
  return { ...(choice ?? { type: "auto" }), disable_parallel_tool_use: !parallelToolCalls };
}
