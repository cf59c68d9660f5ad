import type { AssistantBlock, CanonicalMessage, ToolMessage, UserBlock } from "../canonical.ts";
import { invalidRequest } from "../invalid-request.ts";
import { booleanOf, isJsonObject, objectOf, objectsOf, textOf, type JsonObject } from "../json-value.ts";
import type { WarningList } from "../warning-list.ts";
import { parseCacheControl, parseSharedBlock, parseTextBlocks, textBlock } from "./parse-content.ts";
import { decodeToolCallId } from "./tool-call-id.ts";
import { formatToolArguments } from "./tool-input.ts";

const messageMembers = new Set(["role", "content"]);
const toolUseMembers = new Set(["type", "id", "name", "input", "cache_control", "caller"]);
const toolResultMembers = new Set(["type", "tool_use_id", "content", "is_error", "cache_control"]);

/**
 * The messages in order. A user message with tool results becomes tool messages and user messages, one after the other as
 * its blocks stand.
 * @throws TokenHubError invalid_request for a message that is no object or has an unknown role
 */
export function parseMessages(value: unknown, warnings: WarningList): CanonicalMessage[] {
  if (!Array.isArray(value)) throw invalidRequest("messages", "must be a list");
  return value.flatMap((message: unknown, position): CanonicalMessage[] => {
    if (!isJsonObject(message)) throw invalidRequest(`messages.${position}`, "must be an object");
    warnings.unknownMembers(message, messageMembers, "messages[].");
    switch (message["role"]) {
      case "user":
        return parseUserMessage(message["content"], warnings);
      case "assistant": {
        const content = parseAssistantContent(message["content"], warnings);
        return [{ role: "assistant", content, name: null }];
      }
      case "system": {
        const content = parseTextBlocks(message["content"], warnings);
        return [{ role: "system", variant: "system", content, name: null }];
      }
      default:
        throw invalidRequest(`messages.${position}.role`, "must be a known role");
    }
  });
}

function parseUserMessage(content: unknown, warnings: WarningList): CanonicalMessage[] {
  if (typeof content === "string") return [{ role: "user", content: textOnly(content), name: null }];
  const messages: CanonicalMessage[] = [];
  let run: UserBlock[] = [];
  const endRun = (): void => {
    if (run.length > 0) messages.push({ role: "user", content: run, name: null });
    run = [];
  };
  for (const block of objectsOf(content)) {
    if (block["type"] === "tool_result") {
      endRun();
      messages.push(parseToolResult(block, warnings));
    } else {
      run.push(parseSharedBlock(block, warnings));
    }
  }
  endRun();
  return messages.length === 0 ? [{ role: "user", content: [], name: null }] : messages;
}

function textOnly(content: string): UserBlock[] {
  return content === "" ? [] : [textBlock(content)];
}

function parseToolResult(block: JsonObject, warnings: WarningList): ToolMessage {
  warnings.unknownMembers(block, toolResultMembers, "tool_result.");
  const { content } = block;
  return {
    role: "tool",
    toolCallId: decodeToolCallId(textOf(block["tool_use_id"]) ?? ""),
    content:
      typeof content === "string"
        ? textOnly(content)
        : objectsOf(content).map((inner) => parseSharedBlock(inner, warnings)),
    isError: booleanOf(block["is_error"]),
    cacheControl: parseCacheControl(block),
  };
}

/** The content of an assistant message, request or answer. */
export function parseAssistantContent(content: unknown, warnings: WarningList): AssistantBlock[] {
  if (typeof content === "string") return content === "" ? [] : [textBlock(content)];
  return objectsOf(content).map((block) => parseAssistantBlock(block, warnings));
}

function parseAssistantBlock(block: JsonObject, warnings: WarningList): AssistantBlock {
  switch (block["type"]) {
    case "thinking": {
      // The vendor never sends an empty signature; streams of unsigned reasoning leave one behind in the client.
      const signature = textOf(block["signature"]) || null;
      return { type: "reasoning", text: textOf(block["thinking"]) ?? "", signature };
    }
    case "redacted_thinking":
      return { type: "redacted-reasoning", data: textOf(block["data"]) ?? "" };
    case "tool_use": {
      warnings.unknownMembers(block, toolUseMembers, "tool_use.");
      const caller = objectOf(block["caller"])?.["type"];
      if (caller !== undefined && caller !== "direct") warnings.add("`tool_use.caller` was left out.");
      return {
        type: "tool-call",
        id: decodeToolCallId(textOf(block["id"]) ?? ""),
        name: textOf(block["name"]) ?? "",
        arguments: formatToolArguments(block["input"]),
        isFreeText: false,
        cacheControl: parseCacheControl(block),
      };
    }
    default:
      return parseSharedBlock(block, warnings);
  }
}
