import type { CanonicalRequest, CanonicalTool, CanonicalToolChoice } from "../canonical.ts";
import { objectOf, presentMembers, type JsonObject } from "../json-value.ts";
import type { WarningList } from "../warning-list.ts";

/** `tools`, `tool_choice` and `parallel_tool_calls`; none of them without tools. */
export function buildTools(request: CanonicalRequest, warnings: WarningList): JsonObject {
  const tools = request.tools.flatMap((tool) => buildTool(tool, warnings));
  const choice = request.toolChoice;
  if (tools.length === 0) {
    if (choice !== null && choice.type !== "auto" && choice.type !== "none") {
      warnings.add("`tool_choice` was left out: the request has no tools that openai-responses can express.");
    }
    return {};
  }
  return presentMembers({
    tools,
    tool_choice: choice === null ? null : buildToolChoice(choice, warnings),
    parallel_tool_calls: request.parallelToolCalls,
  });
}

function buildTool(tool: CanonicalTool, warnings: WarningList): JsonObject[] {
  if (tool.type === "native") {
    const custom = tool.format === "openai-chat" ? objectOf(tool.value["custom"]) : null;
    if (custom !== null) return [buildCustomTool(custom)];
    if (tool.format === "openai-responses") return [tool.value];
    warnings.leftOut(`tools[] ${tool.name ?? ""}`.trimEnd(), "openai-responses");
    return [];
  }
  if (tool.cacheControl !== null) warnings.leftOut("tools[].cache_control", "openai-responses");
  const isOwn = tool.extras.format === "openai-responses";
  if (!isOwn) {
    for (const key of Object.keys(tool.extras.members))
      warnings.leftOut(`tools[].${key}`, "openai-responses");
  }
  const { name, description, inputSchema, strict } = tool;
  const members = presentMembers({ name, description, parameters: inputSchema });
  // Left out it means true, which the schemas of other formats are not written for.
  return [{ type: "function", ...members, ...presentMembers({ strict: strict ?? (isOwn ? null : false) }) }];
}

/** A custom tool of chat completions, whose grammar has a member of its own there. */
function buildCustomTool(custom: JsonObject): JsonObject {
  const { format, ...definition } = custom;
  const grammar = objectOf(objectOf(format)?.["grammar"]);
  if (grammar !== null) return { type: "custom", ...definition, format: { type: "grammar", ...grammar } };
  return { type: "custom", ...definition, ...presentMembers({ format }) };
}

function buildToolChoice(choice: CanonicalToolChoice, warnings: WarningList): unknown {
  switch (choice.type) {
    case "auto":
    case "none":
    case "required":
      return choice.type;
    case "named":
      return { type: "function", name: choice.name };
    case "subset": {
      const tools = choice.names.map((name) => ({ type: "function", name }));
      return { type: "allowed_tools", mode: choice.isRequired ? "required" : "auto", tools };
    }
    case "native": {
      const custom = choice.format === "openai-chat" ? objectOf(choice.value["custom"]) : null;
      if (custom !== null) return { type: "custom", ...custom };
      warnings.leftOut("tool_choice", "openai-responses");
      return null;
    }
  }
}
