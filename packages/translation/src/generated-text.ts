import type { WireFormatName } from "@tokenhub/contracts";
import { jsonText, listOf, objectOf, objectsOf, type JsonObject } from "./json-value.ts";
import { utf8Length } from "./utf8-length.ts";

/**
 * An estimate for answers whose provider does not count: floor(UTF-8 bytes of what the model wrote / 4), over all choices:
 * text, refusals, reasoning, arguments of tool calls. The JSON around it costs nothing. Embeddings generate none.
 */
export function estimateOutputTokens(format: WireFormatName, answer: JsonObject): number {
  return Math.floor(generatedBytes(format, answer) / 4);
}

function generatedBytes(format: WireFormatName, answer: JsonObject): number {
  switch (format) {
    case "openai-chat":
      return sum(answer["choices"], (choice) => messageBytes(objectOf(choice["message"]) ?? {}));
    case "openai-completions":
      return sum(answer["choices"], (choice) => textBytes(choice["text"]));
    case "anthropic-messages":
      return sum(answer["content"], blockBytes);
    case "openai-responses":
      return sum(answer["output"], itemBytes);
    case "openai-embeddings":
      return 0;
  }
}

function messageBytes(message: JsonObject): number {
  const reasoning = textBytes(message["reasoning_content"]) || textBytes(message["reasoning"]);
  return (
    textBytes(message["content"]) +
    textBytes(message["refusal"]) +
    (reasoning || sum(message["reasoning_details"], (detail) => textBytes(detail["text"]))) +
    sum(message["tool_calls"], callBytes) +
    calledBytes(objectOf(message["function_call"]))
  );
}

function callBytes(call: JsonObject): number {
  return calledBytes(objectOf(call["function"]) ?? objectOf(call["custom"]));
}

function calledBytes(called: JsonObject | null): number {
  return called === null ? 0 : inputBytes(called["arguments"] ?? called["input"]);
}

function blockBytes(block: JsonObject): number {
  switch (block["type"]) {
    case "text":
      return textBytes(block["text"]);
    case "thinking":
      return textBytes(block["thinking"]);
    case "tool_use":
    case "server_tool_use":
      return inputBytes(block["input"]);
    default:
      return 0;
  }
}

function itemBytes(item: JsonObject): number {
  const texts = [item["content"], item["summary"]].map((parts) => textBytes(parts));
  const refusals = sum(item["content"], (part) => textBytes(part["refusal"]));
  return texts.reduce((bytes, count) => bytes + count, refusals) + calledBytes(item);
}

/** A text, or the texts of a list of parts. */
function textBytes(value: unknown): number {
  if (typeof value === "string") return utf8Length(value);
  return sum(value, (part) => (typeof part["text"] === "string" ? utf8Length(part["text"]) : 0));
}

function inputBytes(value: unknown): number {
  if (typeof value === "string") return utf8Length(value);
  const object = objectOf(value);
  return object === null || Object.keys(object).length === 0 ? 0 : nestedBytes(object);
}

/** Input nested too deeply to be written again is the provider's nonsense: it counts nothing. */
function nestedBytes(value: JsonObject): number {
  try {
    return utf8Length(jsonText(value));
  } catch {
    return 0;
  }
}

function sum(list: unknown, bytesOf: (entry: JsonObject) => number): number {
  return objectsOf(listOf(list)).reduce((bytes, entry) => bytes + bytesOf(entry), 0);
}
