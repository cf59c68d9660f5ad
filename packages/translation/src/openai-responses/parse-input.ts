import type { AssistantBlock, CanonicalMessage, ToolCallBlock } from "../canonical.ts";
import { invalidRequest } from "../invalid-request.ts";
import { isJsonObject, textOf, type JsonObject } from "../json-value.ts";
import type { WarningList } from "../warning-list.ts";
import { readReasoningItem } from "./carried-reasoning.ts";
import { parseAssistantParts, parseParts, textBlock } from "./parse-content.ts";

const messageMembers = new Set(["type", "id", "role", "content", "status", "phase"]);
const callMembers = new Set(["type", "id", "call_id", "name", "arguments", "input", "status"]);
const outputMembers = new Set(["type", "id", "call_id", "output", "status"]);

/**
 * The input in conversation order. Reasoning, text and calls that follow each other are one turn of the assistant, as the
 * other formats have it.
 * @throws TokenHubError invalid_request for an item that is not understood at all, or only by its vendor
 */
export function parseInput(input: unknown, warnings: WarningList): CanonicalMessage[] {
  if (typeof input === "string") return [{ role: "user", content: [textBlock(input)], name: null }];
  if (!Array.isArray(input)) throw invalidRequest("input", "must be a text or a list of items");
  const messages: CanonicalMessage[] = [];
  let turn: AssistantBlock[] | null = null;
  for (const [position, item] of input.entries()) {
    const parsed = parseItem(item, { position, warnings });
    if (parsed === null) continue;
    if ("role" in parsed) {
      messages.push(parsed);
      turn = null;
    } else if (parsed.blocks.length === 0) {
      continue;
    } else if (turn === null) {
      turn = [...parsed.blocks];
      messages.push({ role: "assistant", content: turn, name: null });
    } else {
      turn.push(...parsed.blocks);
    }
  }
  return messages;
}

interface ItemInput {
  readonly position: number;
  readonly warnings: WarningList;
}

/** Part of the assistant's turn, or a message of its own; null for what is left out. */
type ParsedItem = { readonly blocks: readonly AssistantBlock[] } | CanonicalMessage | null;

function parseItem(item: unknown, input: ItemInput): ParsedItem {
  const { position, warnings } = input;
  if (!isJsonObject(item)) throw invalidRequest(`input.${position}`, "must be an object");
  const type = textOf(item["type"]) ?? ("role" in item ? "message" : "item_reference");
  switch (type) {
    case "message":
      return parseMessage(item, input);
    case "function_call":
    case "custom_tool_call":
      warnings.unknownMembers(item, callMembers, "input[].");
      return { blocks: [parseToolCall(item, input)] };
    case "function_call_output":
    case "custom_tool_call_output":
      warnings.unknownMembers(item, outputMembers, "input[].");
      return parseCallOutput(item, input);
    case "reasoning": {
      const blocks = readReasoningItem(item);
      // What only the vendor can read stays what it is for the vendor.
      return { blocks: blocks ?? [{ type: "native", format: "openai-responses", name: type, value: item }] };
    }
    case "item_reference":
      throw invalidRequest(`input.${position}`, "points at a stored item: send the item itself");
    default:
      return { blocks: [{ type: "native", format: "openai-responses", name: type, value: item }] };
  }
}

function parseMessage(item: JsonObject, { position, warnings }: ItemInput): ParsedItem {
  warnings.unknownMembers(item, messageMembers, "input[].");
  const { role, content } = item;
  switch (role) {
    case "user":
      return { role, content: parseParts(content, warnings), name: null };
    case "assistant":
      return { blocks: parseAssistantParts(content, warnings) };
    case "system":
    case "developer": {
      const parts = parseParts(content, warnings);
      const texts = parts.filter((block) => block.type === "text");
      if (texts.length < parts.length) {
        warnings.add("Parts of a system message that are no text were left out.");
      }
      return { role: "system", variant: role, content: texts, name: null };
    }
    default:
      throw invalidRequest(`input.${position}.role`, "must be a known role");
  }
}

/** The id that a call and its output share. */
function callId(item: JsonObject, { position }: ItemInput): string {
  const id = textOf(item["call_id"]);
  if (id === null) throw invalidRequest(`input.${position}.call_id`, "must be the id of a call");
  return id;
}

function parseToolCall(item: JsonObject, input: ItemInput): ToolCallBlock {
  const isFreeText = item["type"] === "custom_tool_call";
  return {
    type: "tool-call",
    id: callId(item, input),
    name: textOf(item["name"]) ?? "",
    arguments: textOf(item[isFreeText ? "input" : "arguments"]) ?? "",
    isFreeText,
    cacheControl: null,
  };
}

function parseCallOutput(item: JsonObject, input: ItemInput): CanonicalMessage {
  return {
    role: "tool",
    toolCallId: callId(item, input),
    content: parseParts(item["output"], input.warnings),
    isError: null,
    cacheControl: null,
  };
}
