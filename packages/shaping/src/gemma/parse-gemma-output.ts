import { gemmaQuote, readGemmaArguments } from "./read-gemma-arguments.ts";

export interface GemmaToolCall {
  readonly name: string;
  /** JSON text of an object. */
  readonly arguments: string;
}

export interface GemmaOutput {
  /** What the model said to the user, trimmed; a tool call that cannot be read stays in it as it was written. */
  readonly text: string;
  /** What the model thought, trimmed; null when it wrote nothing of the kind. */
  readonly reasoning: string | null;
  readonly toolCalls: readonly GemmaToolCall[];
}

const token = /<\|channel>|<channel\|>|<\|tool_call>|<tool_call\|>|<\|"\|>/g;
const thought = /^\s*thought\b[^\S\n]*\n?/;
const call = /^\s*call:\s*([^\s{]+)\s*/;

/**
 * Reads the whole text of a Gemma 4 model whose server passes the model's own tokens through: `<|channel>thought … <channel|>`
 * is its reasoning, `<|tool_call>call:name{key:<|"|>text<|"|>}<tool_call|>` a tool call. Reasoning that never ends reaches to
 * the next tool call or the text's end. Tokens inside a call's strings are part of the string. Linear in the text's length.
 */
export function parseGemmaOutput(text: string): GemmaOutput {
  const parts: Parts = { text: [], reasoning: [], toolCalls: [] };
  let section: Section = { kind: "text", start: 0 };
  let isQuoted = false;
  for (const match of text.matchAll(token)) {
    const [mark] = match;
    if (mark === gemmaQuote) {
      isQuoted = section.kind === "tool-call" && !isQuoted;
    } else if (!isQuoted) {
      takeSection(text.slice(section.start, match.index), { kind: section.kind, mark, parts });
      section = { kind: sectionAfter(mark), start: match.index + mark.length };
    }
  }
  takeSection(text.slice(section.start), { kind: section.kind, mark: "", parts });
  const reasoning = parts.reasoning.join("\n").trim();
  return {
    text: parts.text.join("").trim(),
    reasoning: reasoning === "" ? null : reasoning,
    toolCalls: parts.toolCalls,
  };
}

interface Section {
  readonly kind: "text" | "channel" | "tool-call";
  readonly start: number;
}

interface Parts {
  readonly text: string[];
  readonly reasoning: string[];
  readonly toolCalls: GemmaToolCall[];
}

function sectionAfter(mark: string): Section["kind"] {
  if (mark === "<|channel>") return "channel";
  return mark === "<|tool_call>" ? "tool-call" : "text";
}

interface SectionEnd {
  readonly kind: Section["kind"];
  /** The token that ends the section; empty at the text's end. */
  readonly mark: string;
  readonly parts: Parts;
}

function takeSection(content: string, { kind, mark, parts }: SectionEnd): void {
  switch (kind) {
    case "text":
      parts.text.push(content);
      return;
    case "channel":
      // A channel of another name speaks to the user.
      if (thought.test(content)) parts.reasoning.push(content.replace(thought, "").trim());
      else parts.text.push(content);
      return;
    case "tool-call": {
      const toolCall = readToolCall(content);
      if (toolCall !== null) parts.toolCalls.push(toolCall);
      else parts.text.push(`<|tool_call>${content}${mark === "<tool_call|>" ? mark : ""}`);
    }
  }
}

function readToolCall(content: string): GemmaToolCall | null {
  const [opening, name] = call.exec(content) ?? [];
  if (opening === undefined || name === undefined) return null;
  const members = readGemmaArguments(content.slice(opening.length));
  return members === null ? null : { name, arguments: JSON.stringify(members) };
}
