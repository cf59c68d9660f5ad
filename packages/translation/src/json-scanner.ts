/** One member of an object in JSON text, by positions. `end` is the position after the value. */
export interface JsonMember {
  /** Unescaped. */
  readonly key: string;
  /** Of the key's opening quote. */
  readonly start: number;
  readonly valueStart: number;
  readonly end: number;
}

const openBrace = 123;
const closeBrace = 125;
const openBracket = 91;
const comma = 44;
const quote = 34;
const backslash = 92;
const numberPattern = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const hexPattern = /[0-9a-fA-F]{4}/y;
const simpleEscapes = '"\\/bfnrt';

/**
 * The top-level members of a JSON object, in text order with duplicates; null when the text is no JSON object.
 * As strict as `JSON.parse`, one pass, no recursion (nesting depth costs memory, not stack).
 */
export function scanJsonObject(text: string): readonly JsonMember[] | null {
  const members: JsonMember[] = [];
  let at = skipSpace(text, 0);
  if (text.charCodeAt(at) !== openBrace) return null;
  at = skipSpace(text, at + 1);
  if (text.charCodeAt(at) === closeBrace) return isOnlySpace(text, at + 1) ? members : null;
  for (;;) {
    const start = at;
    const keyEnd = skipString(text, start);
    const valueStart = keyEnd === -1 ? -1 : skipColon(text, keyEnd);
    const end = valueStart === -1 ? -1 : skipValue(text, valueStart);
    if (end === -1) return null;
    members.push({ key: unescape(text.slice(start, keyEnd)), start, valueStart, end });
    at = skipSpace(text, end);
    if (text.charCodeAt(at) === closeBrace) return isOnlySpace(text, at + 1) ? members : null;
    if (text.charCodeAt(at) !== comma) return null;
    at = skipSpace(text, at + 1);
  }
}

function unescape(literal: string): string {
  return literal.includes("\\") ? String(JSON.parse(literal)) : literal.slice(1, -1);
}

function isOnlySpace(text: string, at: number): boolean {
  return skipSpace(text, at) === text.length;
}

function skipSpace(text: string, start: number): number {
  let at = start;
  for (;;) {
    const code = text.charCodeAt(at);
    if (code !== 32 && code !== 10 && code !== 13 && code !== 9) return at;
    at += 1;
  }
}

/** The position after a string literal; -1 when there is none at `start`. */
function skipString(text: string, start: number): number {
  if (text.charCodeAt(start) !== quote) return -1;
  for (let at = start + 1; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code === quote) return at + 1;
    if (code < 32) return -1;
    if (code !== backslash) continue;
    at += 1;
    const escape = text.charAt(at);
    if (escape === "u") {
      hexPattern.lastIndex = at + 1;
      if (!hexPattern.test(text)) return -1;
      at += 4;
    } else if (escape === "" || !simpleEscapes.includes(escape)) {
      return -1;
    }
  }
  return -1;
}

/** From the end of a member's name to the start of its value; -1 when no colon is there. */
function skipColon(text: string, start: number): number {
  const at = skipSpace(text, start);
  return text.charAt(at) === ":" ? skipSpace(text, at + 1) : -1;
}

function skipName(text: string, start: number): number {
  const end = skipString(text, start);
  return end === -1 ? -1 : skipColon(text, end);
}

function skipScalar(text: string, start: number): number {
  switch (text.charAt(start)) {
    case '"':
      return skipString(text, start);
    case "t":
      return text.startsWith("true", start) ? start + 4 : -1;
    case "f":
      return text.startsWith("false", start) ? start + 5 : -1;
    case "n":
      return text.startsWith("null", start) ? start + 4 : -1;
    default:
      numberPattern.lastIndex = start;
      return numberPattern.test(text) ? numberPattern.lastIndex : -1;
  }
}

/** The position after the value that starts at `start`; -1 when there is no valid value. */
function skipValue(text: string, start: number): number {
  const closers: number[] = [];
  let at = start;
  for (;;) {
    const code = text.charCodeAt(at);
    if (code === openBrace || code === openBracket) {
      const closer = code + 2;
      at = skipSpace(text, at + 1);
      if (text.charCodeAt(at) !== closer) {
        closers.push(closer);
        if (closer === closeBrace) at = skipName(text, at);
        if (at === -1) return -1;
        continue;
      }
      at += 1;
    } else {
      at = skipScalar(text, at);
      if (at === -1) return -1;
    }
    at = leaveContainers(text, at, closers);
    if (at === -1 || closers.length === 0) return at;
  }
}

/** From the end of a value to the next value inside the innermost open container, closing those that end here. */
function leaveContainers(text: string, start: number, closers: number[]): number {
  let at = start;
  for (;;) {
    const closer = closers.at(-1);
    if (closer === undefined) return at;
    at = skipSpace(text, at);
    const code = text.charCodeAt(at);
    if (code === closer) {
      closers.pop();
      at += 1;
      continue;
    }
    if (code !== comma) return -1;
    at = skipSpace(text, at + 1);
    return closer === closeBrace ? skipName(text, at) : at;
  }
}
