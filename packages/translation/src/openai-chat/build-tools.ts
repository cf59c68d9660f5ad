import type { CanonicalRequest, CanonicalTool, CanonicalToolChoice } from "../canonical.ts";
import { presentMembers, type JsonObject } from "../json-value.ts";
import type { WarningList } from "../warning-list.ts";
import type { ContentInput } from "./build-content.ts";

/** `tools`, `tool_choice` and `parallel_tool_calls`; none of them without tools, where OpenAI refuses the latter two. */
export function buildTools(request: CanonicalRequest, input: ContentInput): JsonObject {
  const tools = request.tools.flatMap((tool) => buildTool(tool, input));
  const choice = request.toolChoice;
  if (tools.length === 0) {
    if (choice !== null && choice.type !== "auto" && choice.type !== "none") {
      input.warnings.add(
        "`tool_choice` was left out: the request has no tools that openai-chat can express.",
      );
    }
    return {};
  }
  return presentMembers({
    tools,
    tool_choice: choice === null ? null : buildToolChoice(choice, input.warnings),
    parallel_tool_calls: request.parallelToolCalls,
  });
}

function buildTool(tool: CanonicalTool, input: ContentInput): JsonObject[] {
  if (tool.type === "native") {
    if (tool.format === "openai-chat") return [tool.value];
    input.warnings.leftOut(`tools[] ${tool.name ?? ""}`.trimEnd(), "openai-chat");
    return [];
  }
  if (tool.extras.format !== "openai-chat") {
    for (const key of Object.keys(tool.extras.members)) {
      input.warnings.leftOut(`tools[].${key}`, "openai-chat");
    }
  }
  const definition = presentMembers({
    name: tool.name,
    description: tool.description,
    parameters: tool.inputSchema,
    strict: tool.strict,
  });
  return [{ type: "function", function: definition, ...cacheMember(tool, input) }];
}

function cacheMember(tool: Extract<CanonicalTool, { type: "function" }>, input: ContentInput): JsonObject {
  if (tool.cacheControl === null) return {};
  if (input.extensions.has("cache_control")) {
    return { cache_control: presentMembers({ type: "ephemeral", ttl: tool.cacheControl.ttl }) };
  }
  input.warnings.leftOut("tools[].cache_control", "openai-chat");
  return {};
}

function buildToolChoice(choice: CanonicalToolChoice, warnings: WarningList): unknown {
  switch (choice.type) {
    case "auto":
    case "none":
    case "required":
      return choice.type;
    case "named":
      return { type: "function", function: { name: choice.name } };
    case "subset": {
      const tools = choice.names.map((name) => ({ type: "function", function: { name } }));
      const mode = choice.isRequired ? "required" : "auto";
      return { type: "allowed_tools", allowed_tools: { mode, tools } };
    }
    case "native":
      if (choice.format === "openai-chat") return choice.value;
      warnings.leftOut("tool_choice", "openai-chat");
      return null;
  }
}
