import type { WireFormatName } from "@tokenhub/contracts";
import { isJsonObject, objectOf, type JsonObject } from "../json-value.ts";

/** New names by old name. */
export type Names = ReadonlyMap<string, string>;
/** The value with its tool names replaced; the very value when it holds none of them. */
type Rename = (value: unknown, names: Names) => unknown;

/** The top-level members of a body that hold tool names, and how to reach them. */
export type Renames = Readonly<Record<string, Rename>>;

const named: Rename = (value, names) => at(value, "name", (name) => renamed(name, names));
const each = (rename: Rename): Rename => {
  return (value, names) => listed(value, (entry) => rename(entry, names));
};
const within = (...entries: readonly (readonly [string, Rename])[]): Rename => {
  return (value, names) =>
    entries.reduce((object, [key, rename]) => at(object, key, (member) => rename(member, names)), value);
};

/** `{function: {name}}`, `{custom: {name}}`: a tool, a choice of one, a call. */
const openAiNamed = within(["function", named], ["custom", named]);
const openAiMessage = within(["tool_calls", each(openAiNamed)], ["function_call", named]);
const openAiChoice: Rename = within(
  ["function", named],
  ["custom", named],
  ["allowed_tools", within(["tools", each(openAiNamed)])],
);

const openAiHistoryMessage: Rename = (message, names) => {
  const role = objectOf(message)?.["role"];
  const isResult = role === "tool" || role === "function";
  return isResult ? named(message, names) : openAiMessage(message, names);
};

const anthropicToolUse: Rename = (block, names) =>
  objectOf(block)?.["type"] === "tool_use" ? named(block, names) : block;

/** The vendor's own tools have a type and fixed names. */
const anthropicTool: Rename = (tool, names) => {
  const type = objectOf(tool)?.["type"] ?? "custom";
  return type === "custom" ? named(tool, names) : tool;
};

const responsesTypes: readonly unknown[] = ["function", "custom", "function_call", "custom_tool_call"];
/** A tool, a choice of one, a call: each has its name beside its type. */
const responsesNamed: Rename = (item, names) =>
  responsesTypes.includes(objectOf(item)?.["type"]) ? named(item, names) : item;
const responsesChoice: Rename = (choice, names) =>
  within(["tools", each(responsesNamed)])(responsesNamed(choice, names), names);
/** The calls of a response, and what it repeats of its request. */
const responsesAnswer = {
  output: each(responsesNamed),
  tools: each(responsesNamed),
  tool_choice: responsesChoice,
};

const none: Renames = {};

export const requestRenames: Readonly<Record<WireFormatName, Renames>> = {
  "openai-chat": {
    tools: each(openAiNamed),
    functions: each(named),
    tool_choice: openAiChoice,
    function_call: named,
    messages: each(openAiHistoryMessage),
  },
  "anthropic-messages": {
    tools: each(anthropicTool),
    tool_choice: named,
    messages: each(within(["content", each(anthropicToolUse)])),
  },
  "openai-responses": {
    tools: each(responsesNamed),
    tool_choice: responsesChoice,
    input: each(responsesNamed),
  },
  "openai-completions": none,
  "openai-embeddings": none,
};

/** Of a whole answer or of one stream event. */
export const responseRenames: Readonly<Record<WireFormatName, Renames>> = {
  "openai-chat": { choices: each(within(["message", openAiMessage], ["delta", openAiMessage])) },
  "anthropic-messages": { content: each(anthropicToolUse), content_block: anthropicToolUse },
  "openai-responses": {
    ...responsesAnswer,
    response: within(...Object.entries(responsesAnswer)),
    item: responsesNamed,
    // Only the events of a call's arguments have a name of their own.
    name: renamed,
  },
  "openai-completions": none,
  "openai-embeddings": none,
};

function renamed(name: unknown, names: Names): unknown {
  return typeof name === "string" ? (names.get(name) ?? name) : name;
}

function at(value: unknown, key: string, change: (member: unknown) => unknown): unknown {
  if (!isJsonObject(value) || !Object.hasOwn(value, key)) return value;
  const member = change(value[key]);
  const copy: JsonObject = { ...value, [key]: member };
  return member === value[key] ? value : copy;
}

function listed(value: unknown, change: (entry: unknown) => unknown): unknown {
  if (!Array.isArray(value)) return value;
  const entries: readonly unknown[] = value;
  const changed = entries.map(change);
  return changed.some((entry, position) => entry !== entries[position]) ? changed : value;
}
