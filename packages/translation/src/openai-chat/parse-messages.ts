import type { AssistantBlock, CanonicalMessage, ToolCallBlock } from "../canonical.ts";
import { invalidRequest } from "../invalid-request.ts";
import { isJsonObject, jsonText, objectOf, objectsOf, textOf, type JsonObject } from "../json-value.ts";
import type { WarningList } from "../warning-list.ts";
import { parseAssistantContent, parseUserContent } from "./parse-content.ts";
import { parseReasoningBlocks } from "./reasoning-details.ts";

const plainMembers = new Set(["role", "content", "name"]);
const toolMembers = new Set(["role", "content", "name", "tool_call_id"]);
const assistantMembers = new Set(
  `role content name refusal tool_calls function_call audio annotations reasoning reasoning_content
  reasoning_details`.split(/\s+/),
);

/** Assistant members that are carried as they are: nothing else can express them. */
const nativeAssistantMembers = ["audio", "annotations"] as const;

/**
 * The messages in order. A legacy `function_call` has no id: it gets `call_<position>`, and the next `function` message of
 * that name answers it.
 * @throws TokenHubError invalid_request for a message that is no object or has an unknown role
 */
export function parseMessages(value: unknown, warnings: WarningList): CanonicalMessage[] {
  if (!Array.isArray(value)) throw invalidRequest("messages", "must be a list");
  const legacyCalls: ToolCallBlock[] = [];
  return value.map((message: unknown, position) => {
    if (!isJsonObject(message)) throw invalidRequest(`messages.${position}`, "must be an object");
    return parseMessage(message, { position, legacyCalls, warnings });
  });
}

interface MessageInput {
  readonly position: number;
  /** Unanswered ones, oldest first. */
  readonly legacyCalls: ToolCallBlock[];
  readonly warnings: WarningList;
}

function parseMessage(message: JsonObject, input: MessageInput): CanonicalMessage {
  const { position, warnings } = input;
  const name = textOf(message["name"]);
  switch (message["role"]) {
    case "system":
    case "developer": {
      warnings.unknownMembers(message, plainMembers, "messages[].");
      const content = parseUserContent(message["content"], warnings);
      const texts = content.filter((block) => block.type === "text");
      if (texts.length < content.length) {
        warnings.add("Parts of a system message that are no text were left out.");
      }
      return { role: "system", variant: message["role"], content: texts, name };
    }
    case "user":
      warnings.unknownMembers(message, plainMembers, "messages[].");
      return { role: "user", content: parseUserContent(message["content"], warnings), name };
    case "assistant":
      warnings.unknownMembers(message, assistantMembers, "messages[].");
      return { role: "assistant", content: parseAssistantBlocks(message, input), name };
    case "tool":
      warnings.unknownMembers(message, toolMembers, "messages[].");
      return toolMessage(textOf(message["tool_call_id"]) ?? "", message["content"], warnings);
    case "function": {
      const answered = input.legacyCalls.findIndex((call) => call.name === name);
      const [call] = answered === -1 ? [] : input.legacyCalls.splice(answered, 1);
      return toolMessage(call?.id ?? `call_${position}`, message["content"], warnings);
    }
    default:
      throw invalidRequest(`messages.${position}.role`, "must be a known role");
  }
}

function toolMessage(toolCallId: string, content: unknown, warnings: WarningList): CanonicalMessage {
  const blocks = parseUserContent(content, warnings);
  return { role: "tool", toolCallId, content: blocks, isError: null, cacheControl: null };
}

function parseAssistantBlocks(message: JsonObject, input: MessageInput): AssistantBlock[] {
  const blocks: AssistantBlock[] = [
    ...parseReasoningBlocks(message),
    ...parseAssistantContent(message["content"], input.warnings),
  ];
  const refusal = textOf(message["refusal"]);
  if (refusal !== null && refusal !== "") blocks.push({ type: "refusal", text: refusal });
  blocks.push(...parseToolCalls(message, `call_${input.position}`));
  const legacy = parseLegacyCall(message, `call_${input.position}`);
  if (legacy !== null) {
    blocks.push(legacy);
    input.legacyCalls.push(legacy);
  }
  for (const name of nativeAssistantMembers) {
    const value = message[name];
    if (isPresent(value)) blocks.push({ type: "native", format: "openai-chat", name, value });
  }
  return blocks;
}

function isPresent(value: unknown): boolean {
  return value !== null && value !== undefined && !(Array.isArray(value) && value.length === 0);
}

/** The tool calls of a message, request or answer. A call without id gets `<idPrefix>_<position>`. */
export function parseToolCalls(message: JsonObject, idPrefix: string): ToolCallBlock[] {
  return objectsOf(message["tool_calls"]).map((call, position) => {
    const id = textOf(call["id"]) || `${idPrefix}_${position}`;
    const custom = call["type"] === "custom" ? objectOf(call["custom"]) : null;
    if (custom !== null) {
      const input = textOf(custom["input"]) ?? "";
      return toolCall({ id, name: custom["name"], arguments: input, isFreeText: true });
    }
    const called = objectOf(call["function"]);
    return toolCall({ id, name: called?.["name"], arguments: called?.["arguments"], isFreeText: false });
  });
}

/** The call of the legacy member `function_call`; null when there is none. */
export function parseLegacyCall(message: JsonObject, id: string): ToolCallBlock | null {
  const call = objectOf(message["function_call"]);
  if (call === null) return null;
  return toolCall({ id, name: call["name"], arguments: call["arguments"], isFreeText: false });
}

function toolCall(call: {
  readonly id: string;
  readonly name: unknown;
  readonly arguments: unknown;
  readonly isFreeText: boolean;
}): ToolCallBlock {
  // Some servers and clients send the arguments as an object.
  const text = textOf(call.arguments) ?? (isPresent(call.arguments) ? jsonText(call.arguments) : "");
  return {
    type: "tool-call",
    id: call.id,
    name: textOf(call.name) ?? "",
    arguments: text,
    isFreeText: call.isFreeText,
    cacheControl: null,
  };
}
