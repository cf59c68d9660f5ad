import { isJsonObject, type JsonObject } from "../json-value.ts";
import type { DirectiveReading } from "./directives.ts";
import { readDirectives, type MessageTexts } from "./read-directives.ts";
import { stripDirectives } from "./strip-directives.ts";

/** Bodies that hold a conversation. `native-chat` has its messages at the top level or below `request`. */
export type ConversationFormat = "openai-chat" | "anthropic-messages" | "openai-responses" | "native-chat";

export interface StrippedBody {
  /** The very body that was given when it holds no directive; else a new one that shares all unchanged parts with it. */
  readonly body: JsonObject;
  readonly reading: DirectiveReading;
}

/**
 * Takes the directives out of a conversation: reads those of the user messages, strips those of every role, the system prompt
 * and texts inside tool results included (which are never read: tools are not the caller). Parts, user messages and system
 * messages that held nothing else are left out, because providers refuse empty ones; the last message always stays. The body
 * is stripped when the reading is invalid, too.
 */
export function stripDirectivesFromBody(
  body: JsonObject,
  { format }: { readonly format: ConversationFormat },
): StrippedBody {
  const nested = body["request"];
  if (format === "native-chat" && isJsonObject(nested)) {
    const inner = stripDirectivesFromBody(nested, { format: "openai-chat" });
    return inner.body === nested ? { ...inner, body } : { ...inner, body: { ...body, request: inner.body } };
  }
  if (format === "openai-responses") return stripResponsesRequest(body);
  const stripped = format === "anthropic-messages" ? stripSystem(body, "system") : body;
  const { messages } = body;
  if (!Array.isArray(messages)) return { body: stripped, reading: { kind: "none" } };
  return {
    body: replaceMember(stripped, { name: "messages", value: stripMessages(messages) }),
    reading: readDirectives(messages.flatMap(userTexts)),
  };
}

/** Its conversation is one text of the user, or a list of items. */
function stripResponsesRequest(body: JsonObject): StrippedBody {
  const stripped = stripSystem(body, "instructions");
  const { input } = body;
  if (typeof input === "string") {
    const value = stripDirectives(input);
    return { body: replaceMember(stripped, { name: "input", value }), reading: readDirectives([input]) };
  }
  if (!Array.isArray(input)) return { body: stripped, reading: { kind: "none" } };
  return {
    body: replaceMember(stripped, { name: "input", value: stripMessages(input) }),
    reading: readDirectives(input.flatMap(userTexts)),
  };
}

function userTexts(message: unknown): MessageTexts[] {
  if (!isJsonObject(message) || message["role"] !== "user") return [];
  const { content } = message;
  if (typeof content === "string") return [content];
  return Array.isArray(content) ? [content.flatMap((part) => textOfPart(part) ?? [])] : [];
}

const textTypes: readonly unknown[] = ["text", "input_text", "output_text"];

function textOfPart(part: unknown): string | null {
  return isJsonObject(part) && textTypes.includes(part["type"]) && typeof part["text"] === "string"
    ? part["text"]
    : null;
}

function stripSystem(body: JsonObject, name: "system" | "instructions"): JsonObject {
  const content = stripContent(body[name]);
  if (content === body[name] || !isEmpty(content)) return replaceMember(body, { name, value: content });
  const { [name]: _, ...rest } = body;
  return rest;
}

/** Roles whose messages may go when nothing of them is left; an assistant's or a tool's is part of an exchange. */
const omissibleRoles: readonly unknown[] = ["user", "system", "developer"];

/** The same list when nothing changed. */
function stripMessages(messages: readonly unknown[]): readonly unknown[] {
  const stripped = messages.map(stripMessage);
  if (stripped.every((message, position) => message === messages[position])) return messages;
  // Without its last message a conversation would end in an answer, which a model would go on writing.
  return stripped.filter((message, position) => {
    const isWholeOrLast = message === messages[position] || position === messages.length - 1;
    if (isWholeOrLast || !isJsonObject(message) || !omissibleRoles.includes(message["role"])) return true;
    return !isEmpty(message["content"]);
  });
}

function stripMessage(message: unknown): unknown {
  if (!isJsonObject(message)) return message;
  const stripped = replaceMember(message, { name: "content", value: stripContent(message["content"]) });
  // The result of a call, where that is an item of its own.
  return replaceMember(stripped, { name: "output", value: stripContent(stripped["output"]) });
}

/** A text, or a list of parts; parts of which nothing is left go. */
function stripContent(content: unknown): unknown {
  if (typeof content === "string") return stripDirectives(content);
  if (!Array.isArray(content)) return content;
  const parts: readonly unknown[] = content;
  const stripped = parts.map(stripPart);
  if (stripped.every((part, position) => part === parts[position])) return parts;
  return stripped.filter(
    (part, position) => part === parts[position] || (textOfPart(part) ?? "kept").trim() !== "",
  );
}

function stripPart(part: unknown): unknown {
  if (!isJsonObject(part)) return part;
  const text = textOfPart(part);
  if (text !== null) return replaceMember(part, { name: "text", value: stripDirectives(text) });
  if (part["type"] !== "tool_result") return part;
  return replaceMember(part, { name: "content", value: stripContent(part["content"]) });
}

function isEmpty(content: unknown): boolean {
  return typeof content === "string" ? content.trim() === "" : Array.isArray(content) && content.length === 0;
}

/** The very same object when the value is the one it has. */
function replaceMember(
  object: JsonObject,
  { name, value }: { readonly name: string; readonly value: unknown },
): JsonObject {
  return object[name] === value ? object : { ...object, [name]: value };
}
