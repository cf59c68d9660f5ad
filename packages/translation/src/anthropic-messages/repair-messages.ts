import { isJsonObject, listOf, objectOf, objectsOf, textOf, type JsonObject } from "../json-value.ts";
import type { WarningList } from "../warning-list.ts";
import { parseToolInput } from "./tool-input.ts";

const noResultText = "No result of this tool call is known.";

/**
 * Mends what providers refuse in the history of a Messages request, and leaves everything else as it is:
 *
 *     an assistant message with OpenAI's `tool_calls`       they become `tool_use` blocks behind its text
 *     a `tool_use` whose result the next turn lacks         that turn begins with a `tool_result` that says so, `is_error`
 *
 * Neighbouring messages of one role count as one turn, as they do for Anthropic. Returns the very list it was given when
 * there is nothing to mend.
 */
export function repairMessages(messages: readonly unknown[], warnings: WarningList): readonly unknown[] {
  return answerOpenCalls(convertToolCalls(messages, warnings), warnings);
}

function convertToolCalls(messages: readonly unknown[], warnings: WarningList): readonly unknown[] {
  const hasToolCalls = (message: unknown): message is JsonObject =>
    isJsonObject(message) && message["role"] === "assistant" && "tool_calls" in message;
  if (!messages.some(hasToolCalls)) return messages;
  warnings.add("`tool_calls` of an assistant message were written as `tool_use` blocks.");
  return messages.map((message) => (hasToolCalls(message) ? withToolUse(message) : message));
}

function withToolUse(message: JsonObject): JsonObject {
  const { tool_calls: calls, ...rest } = message;
  const known = new Set(toolUseIds(message));
  const blocks = objectsOf(calls)
    .map(toolUseOf)
    .filter((block) => !known.has(block.id));
  return blocks.length === 0 ? rest : { ...rest, content: [...blocksOf(rest["content"]), ...blocks] };
}

function toolUseOf(call: JsonObject, position: number): JsonObject & { readonly id: string } {
  const called = objectOf(call["function"]);
  const given = called?.["arguments"];
  const id = textOf(call["id"]) || `call_${position}`;
  const input = objectOf(given) ?? parseToolInput(textOf(given) ?? "").input;
  return { type: "tool_use", id, name: textOf(called?.["name"]) ?? "", input };
}

function answerOpenCalls(messages: readonly unknown[], warnings: WarningList): readonly unknown[] {
  const repaired: unknown[] = [];
  let openIds: string[] = [];
  let missing = 0;
  for (let start = 0; start < messages.length;) {
    const role = roleOf(messages[start]);
    let end = start + 1;
    while (end < messages.length && roleOf(messages[end]) === role) end += 1;
    const turn = messages.slice(start, end);
    start = end;
    if (role === "assistant") openIds.push(...turn.flatMap(toolUseIds));
    if (role !== "user" || openIds.length === 0) {
      repaired.push(...turn);
      continue;
    }
    const answered = new Set(turn.flatMap(resultIds));
    const unanswered = openIds.filter((id) => !answered.has(id));
    openIds = [];
    missing += unanswered.length;
    repaired.push(...withResults(turn, unanswered));
  }
  missing += openIds.length;
  if (openIds.length > 0) repaired.push({ role: "user", content: openIds.map(missingResult) });
  if (missing === 0) return messages;
  warnings.add("A tool call without a result was given one that says so: providers refuse the request else.");
  return repaired;
}

function withResults(turn: readonly unknown[], ids: readonly string[]): readonly unknown[] {
  const [first, ...rest] = turn;
  if (ids.length === 0 || !isJsonObject(first)) return turn;
  return [{ ...first, content: [...ids.map(missingResult), ...blocksOf(first["content"])] }, ...rest];
}

function missingResult(toolUseId: string): JsonObject {
  return { type: "tool_result", tool_use_id: toolUseId, content: noResultText, is_error: true };
}

function roleOf(message: unknown): unknown {
  return objectOf(message)?.["role"];
}

function blocksOf(content: unknown): readonly unknown[] {
  if (typeof content !== "string") return listOf(content);
  return content.trim() === "" ? [] : [{ type: "text", text: content }];
}

function toolUseIds(message: unknown): string[] {
  return idsOf(message, { type: "tool_use", member: "id" });
}

function resultIds(message: unknown): string[] {
  return idsOf(message, { type: "tool_result", member: "tool_use_id" });
}

function idsOf(message: unknown, block: { readonly type: string; readonly member: string }): string[] {
  const blocks = objectsOf(objectOf(message)?.["content"]);
  return blocks
    .filter((candidate) => candidate["type"] === block.type)
    .map((candidate) => textOf(candidate[block.member]) ?? "");
}
