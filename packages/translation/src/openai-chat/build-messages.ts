import type {
  AssistantBlock,
  AssistantMessage,
  CanonicalMessage,
  ToolCallBlock,
  ToolMessage,
} from "../canonical.ts";
import { presentMembers, type JsonObject } from "../json-value.ts";
import { buildContent, buildParts, type ContentInput } from "./build-content.ts";
import { formatReasoningDetails } from "./reasoning-details.ts";
import { fitToolCallId } from "./tool-call-id.ts";

/**
 * The messages in order. A `tool` message takes text only: other parts of a tool result follow, labelled, in a user message
 * behind the last result of the turn, because nothing may stand between results of parallel calls.
 */
export function buildMessages(messages: readonly CanonicalMessage[], input: ContentInput): JsonObject[] {
  const built: JsonObject[] = [];
  let media: JsonObject[] = [];
  for (const message of messages) {
    if (message.role !== "tool" && media.length > 0) {
      built.push({ role: "user", content: media });
      media = [];
    }
    switch (message.role) {
      case "system": {
        const content = buildContent(message.content, input);
        built.push(presentMembers({ role: message.variant, content, name: message.name }));
        break;
      }
      case "user": {
        const content = buildContent(message.content, input);
        built.push(presentMembers({ role: "user", content, name: message.name }));
        break;
      }
      case "assistant": {
        const assistant = buildAssistant(message, input);
        if (assistant !== null) built.push(assistant);
        break;
      }
      case "tool": {
        const result = buildToolResult(message, input);
        built.push({
          role: "tool",
          tool_call_id: fitToolCallId(message.toolCallId),
          content: result.content,
        });
        media.push(...result.media);
        break;
      }
    }
  }
  if (media.length > 0) built.push({ role: "user", content: media });
  return built;
}

/** Null when nothing of the message can be expressed. */
function buildAssistant(message: AssistantMessage, input: ContentInput): JsonObject | null {
  const blocks = message.content;
  const calls = blocks.filter((block) => block.type === "tool-call").map((block) => toolCall(block, input));
  const texts = blocks.filter((block) => block.type === "text");
  const refusals = blocks.filter((block) => block.type === "refusal").map((block) => block.text);
  const carried = {
    ...carriedReasoning(blocks, input),
    ...carriedMembers(blocks, input),
  };
  const isEmpty = calls.length + texts.length + refusals.length + Object.keys(carried).length === 0;
  if (isEmpty && blocks.length > 0) return null;
  const content = texts.length === 0 ? null : buildContent(texts, input);
  return {
    role: "assistant",
    // Absent text is null beside other content and "" otherwise: a message must say something.
    content: content ?? (calls.length + refusals.length > 0 ? null : ""),
    ...presentMembers({ name: message.name }),
    ...(refusals.length > 0 ? { refusal: refusals.join("") } : {}),
    ...carried,
    ...(calls.length > 0 ? { tool_calls: calls } : {}),
  };
}

function toolCall(block: ToolCallBlock, input: ContentInput): JsonObject {
  if (block.cacheControl !== null) input.warnings.leftOut("cache_control", "openai-chat");
  return formatToolCall({ ...block, id: fitToolCallId(block.id) });
}

/** A tool call of a message, request or answer. */
export function formatToolCall(block: ToolCallBlock): JsonObject {
  if (block.isFreeText) {
    return { id: block.id, type: "custom", custom: { name: block.name, input: block.arguments } };
  }
  return { id: block.id, type: "function", function: { name: block.name, arguments: block.arguments } };
}

/** Earlier reasoning, for targets that accept it; the official API refuses the members. */
function carriedReasoning(blocks: readonly AssistantBlock[], input: ContentInput): JsonObject {
  const details = formatReasoningDetails(blocks);
  if (details.length === 0) return {};
  const carried: JsonObject = {};
  if (input.extensions.has("reasoning_details")) carried["reasoning_details"] = details;
  if (input.extensions.has("reasoning_content")) {
    carried["reasoning_content"] = details.map((detail) => ("text" in detail ? detail.text : "")).join("");
  }
  if (Object.keys(carried).length === 0) input.warnings.leftOut("thinking", "openai-chat");
  return carried;
}

/** Members only OpenAI has; what belongs to another vendor, or to no assistant message, is reported. */
function carriedMembers(blocks: readonly AssistantBlock[], input: ContentInput): JsonObject {
  const carried: JsonObject = {};
  for (const block of blocks) {
    if (block.type === "image" || block.type === "document") {
      input.warnings.add(`A ${block.type} in an assistant message was left out.`);
    }
    if (block.type !== "native") continue;
    if (block.format === "openai-chat") carried[block.name] = block.value;
    else input.warnings.leftOut(block.name, "openai-chat");
  }
  return carried;
}

function buildToolResult(
  message: ToolMessage,
  input: ContentInput,
): { readonly content: string | JsonObject[]; readonly media: JsonObject[] } {
  if (message.cacheControl !== null) input.warnings.leftOut("cache_control", "openai-chat");
  const parts = message.content.flatMap((block) => buildParts(block, input));
  const texts = parts.filter((part) => part["type"] === "text");
  const others = parts.filter((part) => part["type"] !== "text");
  const media: JsonObject[] = [];
  if (others.length > 0) {
    input.warnings.add("Images and files in a tool result were moved to a user message behind it.");
    media.push(
      { type: "text", text: `Attachments of the result of tool call ${message.toolCallId}:` },
      ...others,
    );
    if (texts.length === 0) texts.push({ type: "text", text: "See the attachments below." });
  }
  const [only] = texts;
  const isPlain = texts.length === 1 && only !== undefined && Object.keys(only).length === 2;
  const content = texts.length === 0 ? "" : isPlain ? String(only["text"]) : texts;
  return { content: message.isError === true ? markError(content, input) : content, media };
}

/** OpenAI has no flag for a failed call: the text says it. */
function markError(content: string | JsonObject[], input: ContentInput): string | JsonObject[] {
  input.warnings.add("`tool_result.is_error` was written as text: the result begins with `Error:`.");
  if (typeof content !== "string") return [{ type: "text", text: "Error:" }, ...content];
  if (content === "") return "Error";
  return /^error\b/i.test(content) ? content : `Error: ${content}`;
}
