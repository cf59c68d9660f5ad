import type { JsonObject } from "../json-value.ts";

/** The token around strings; what stands between two of them is the string, without any escapes. */
export const gemmaQuote = '<|"|>';

const levelsMax = 64;
const space = /\s*/y;
const bareKey = /[^\s:,{}[\]<]+/y;
const word = /true|false|null|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const jsonString = /"(?:[^"\\]|\\[^])*"/y;

/**
 * Reads the arguments of a Gemma 4 tool call, `{key:<|"|>text<|"|>,n:1,list:[true,null],inner:{…}}`: bare or quoted keys, strings
 * between quote tokens (or in JSON's quotes), numbers, truth values, null, lists and objects. Null when the text is not that.
 */
export function readGemmaArguments(text: string): JsonObject | null {
  let at = 0;

  function match(pattern: RegExp): string | null {
    pattern.lastIndex = at;
    const found = pattern.exec(text);
    if (found === null) return null;
    at = pattern.lastIndex;
    return found[0];
  }

  function take(token: string): boolean {
    match(space);
    if (!text.startsWith(token, at)) return false;
    at += token.length;
    return true;
  }

  function string(): string | undefined {
    if (take(gemmaQuote)) {
      const end = text.indexOf(gemmaQuote, at);
      if (end === -1) return undefined;
      const value = text.slice(at, end);
      at = end + gemmaQuote.length;
      return value;
    }
    const literal = match(jsonString);
    return literal === null ? undefined : stringOf(literal);
  }

  /** Undefined: no value of the format. */
  function value(level: number): unknown {
    if (level > levelsMax) return undefined;
    match(space);
    if (text.startsWith("{", at)) return object(level);
    if (text.startsWith("[", at)) return list(level);
    const scalar = match(word);
    if (scalar !== null) return JSON.parse(scalar.replace(/^(-?)0+(?=\d)/, "$1")) as unknown;
    return string();
  }

  function list(level: number): unknown[] | undefined {
    const values: unknown[] = [];
    at += 1;
    if (take("]")) return values;
    do {
      const member = value(level + 1);
      if (member === undefined) return undefined;
      values.push(member);
    } while (take(","));
    return take("]") ? values : undefined;
  }

  function object(level: number): JsonObject | undefined {
    const members: [string, unknown][] = [];
    at += 1;
    if (take("}")) return {};
    do {
      match(space);
      const key = match(bareKey) ?? string();
      if (key === undefined || !take(":")) return undefined;
      const member = value(level + 1);
      if (member === undefined) return undefined;
      members.push([key, member]);
    } while (take(","));
    return take("}") ? Object.fromEntries(members) : undefined;
  }

  match(space);
  const members = text.startsWith("{", at) ? object(1) : undefined;
  return members !== undefined && text.slice(at).trim() === "" ? members : null;
}

function stringOf(literal: string): string | undefined {
  try {
    return String(JSON.parse(literal));
  } catch {
    // Quotes that are no JSON string make the whole call malformed.
    return undefined;
  }
}
