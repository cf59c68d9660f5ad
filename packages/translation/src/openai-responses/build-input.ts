import type { AssistantBlock, AssistantMessage, CanonicalMessage, ToolMessage } from "../canonical.ts";
import { objectOf, type JsonObject } from "../json-value.ts";
import type { ContentInput } from "../openai-chat/build-content.ts";
import { fitToolCallId } from "../openai-chat/tool-call-id.ts";
import { buildParts } from "./build-content.ts";

/** The messages as items, in order. Reasoning of other vendors cannot be given to this one and is left out. */
export function buildInput(messages: readonly CanonicalMessage[], input: ContentInput): JsonObject[] {
  const freeTextCalls = new Set<string>();
  return messages.flatMap((message) => {
    switch (message.role) {
      case "system":
        warnOfName(message.name, input);
        return [messageItem(message.variant, buildParts(message.content, input))];
      case "user":
        warnOfName(message.name, input);
        return [messageItem("user", buildParts(message.content, input))];
      case "assistant":
        warnOfName(message.name, input);
        for (const block of message.content) {
          if (block.type === "tool-call" && block.isFreeText) freeTextCalls.add(block.id);
        }
        return buildTurn(message, input);
      case "tool":
        return [buildCallOutput(message, { ...input, isFreeText: freeTextCalls.has(message.toolCallId) })];
    }
  });
}

function messageItem(role: string, content: readonly JsonObject[]): JsonObject {
  return { type: "message", role, content: content.length === 0 ? "" : content };
}

function warnOfName(name: string | null, { warnings }: ContentInput): void {
  if (name !== null) warnings.leftOut("messages[].name", "openai-responses");
}

/** One turn of the assistant: texts and refusals that follow each other are one message, everything else is an item. */
function buildTurn({ content }: AssistantMessage, input: ContentInput): JsonObject[] {
  const items: JsonObject[] = [];
  let parts: JsonObject[] | null = null;
  for (const block of content) {
    const part = outputPart(block);
    if (part === null) {
      parts = null;
      items.push(...buildItem(block, input));
    } else if (parts === null) {
      parts = [part];
      items.push(messageItem("assistant", parts));
    } else {
      parts.push(part);
    }
  }
  return items;
}

function outputPart(block: AssistantBlock): JsonObject | null {
  if (block.type === "text") return { type: "output_text", text: block.text };
  return block.type === "refusal" ? { type: "refusal", refusal: block.text } : null;
}

function buildItem(block: AssistantBlock, { warnings }: ContentInput): JsonObject[] {
  switch (block.type) {
    case "tool-call": {
      const { name } = block;
      const call_id = fitToolCallId(block.id);
      if (block.isFreeText) return [{ type: "custom_tool_call", call_id, name, input: block.arguments }];
      return [{ type: "function_call", call_id, name, arguments: block.arguments }];
    }
    case "native": {
      const value = objectOf(block.value);
      if (block.format === "openai-responses" && value !== null) return [value];
      warnings.leftOut(block.name, "openai-responses");
      return [];
    }
    case "reasoning":
    case "redacted-reasoning":
      warnings.leftOut("thinking", "openai-responses");
      return [];
    case "image":
    case "document":
      warnings.add(`A ${block.type} in an assistant message was left out.`);
      return [];
    case "text":
    case "refusal":
      return [];
  }
}

function buildCallOutput(
  message: ToolMessage,
  input: ContentInput & { readonly isFreeText: boolean },
): JsonObject {
  const parts = buildParts(message.content, input);
  const [only] = parts;
  const isPlain = parts.length === 1 && only?.["type"] === "input_text" && Object.keys(only).length === 2;
  const output = parts.length === 0 ? "" : isPlain ? String(only["text"]) : parts;
  return {
    type: input.isFreeText ? "custom_tool_call_output" : "function_call_output",
    call_id: fitToolCallId(message.toolCallId),
    output: message.isError === true ? markError(output, input) : output,
  };
}

/** There is no flag for a failed call: the text says it. */
function markError(output: string | JsonObject[], { warnings }: ContentInput): string | JsonObject[] {
  warnings.add("`tool_result.is_error` was written as text: the result begins with `Error:`.");
  if (typeof output !== "string") return [{ type: "input_text", text: "Error:" }, ...output];
  if (output === "") return "Error";
  return /^error\b/i.test(output) ? output : `Error: ${output}`;
}
