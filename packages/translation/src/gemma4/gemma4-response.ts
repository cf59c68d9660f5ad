import { jsonText, listOf, objectOf, parseJson, textOf, type JsonObject } from "../json-value.ts";
import { spliceTopLevel } from "../splice-top-level.ts";
import { mayHoldGemma4Tokens, type Gemma4Parser } from "./gemma4-reading.ts";

/**
 * A whole chat completion of a model that writes thoughts and tool calls as tokens into its text, as a chat completion that
 * says them in their members: thoughts in `reasoning_content`, calls in `tool_calls` with `finish_reason` `tool_calls`.
 * Calls get ids made of the answer's own id, the same each time. An answer without tokens, or that is no chat completion,
 * comes back as it is.
 */
export function createGemma4Response(bodyText: string, parse: Gemma4Parser): string {
  const answer = objectOf(parseJson(bodyText));
  if (answer === null) return bodyText;
  const idPrefix = gemma4CallIdPrefix(answer);
  let isChanged = false;
  const choices = listOf(answer["choices"]).map((entry, position) => {
    const choice = objectOf(entry);
    const message = objectOf(choice?.["message"]);
    const content = textOf(message?.["content"]);
    if (message === null || content === null || !mayHoldGemma4Tokens(content)) return entry;
    isChanged = true;
    const read = readMessage(message, { content, parse, idPrefix: `${idPrefix}_${position}` });
    const finish = read.hasCalls ? { finish_reason: "tool_calls" } : {};
    return { ...choice, message: read.message, ...finish };
  });
  return isChanged ? spliceTopLevel(bodyText, { choices: jsonText(choices) }) : bodyText;
}

/** `call_` and the letters of the answer's id. */
export function gemma4CallIdPrefix(answer: JsonObject): string {
  const letters = (textOf(answer["id"]) ?? "").replaceAll(/[^a-zA-Z0-9]/g, "");
  return `call_${letters.slice(-24)}`;
}

interface MessageInput {
  readonly content: string;
  readonly parse: Gemma4Parser;
  readonly idPrefix: string;
}

function readMessage(
  message: JsonObject,
  { content, parse, idPrefix }: MessageInput,
): { readonly message: JsonObject; readonly hasCalls: boolean } {
  const reading = parse(content);
  const reasoning = (textOf(message["reasoning_content"]) ?? "") + reading.reasoning;
  const calls = [
    ...listOf(message["tool_calls"]),
    ...reading.toolCalls.map((call, position) => ({
      id: `${idPrefix}_${position}`,
      type: "function",
      function: { name: call.name, arguments: call.arguments },
    })),
  ];
  const text = reading.content === "" && calls.length > 0 ? null : reading.content;
  return {
    message: {
      ...message,
      content: text,
      ...(reasoning === "" ? {} : { reasoning_content: reasoning }),
      ...(calls.length === 0 ? {} : { tool_calls: calls }),
    },
    hasCalls: reading.toolCalls.length > 0,
  };
}
