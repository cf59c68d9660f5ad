/** A part of a text, by positions. */
export interface TextSpan {
  readonly start: number;
  readonly end: number;
}

/**
 * The first complete JSON object or list inside a text of any kind, and of those that lie in each other the outermost. One
 * pass with one look back at most: an object that turns out to be none is not searched again, its complete parts are
 * remembered instead. (So an object that only begins inside a string of such a failed one is missed.)
 */
export function findJsonContainer(text: string): TextSpan | null {
  for (let at = nextOpener(text, 0); at !== -1;) {
    const scan = scanContainer(text, at);
    if (scan.found !== null) return scan.found;
    at = nextOpener(text, scan.failedAt);
  }
  return null;
}

interface Scan {
  readonly found: TextSpan | null;
  /** Where the text stopped being JSON. */
  readonly failedAt: number;
}

const openBrace = 123;
const openBracket = 91;
const comma = 44;
const colon = 58;
const quote = 34;
const backslash = 92;
const opener = /[{[]/g;
const scalar = /true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const escape = /\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/y;

function nextOpener(text: string, from: number): number {
  opener.lastIndex = from;
  return opener.exec(text)?.index ?? -1;
}

/** Reads strict JSON from the bracket at `start` on. */
function scanContainer(text: string, start: number): Scan {
  const open: number[] = [];
  let complete: TextSpan | null = null;
  let at = start;
  // Each turn reads one value, then closes what ends behind it and goes to where the next value begins.
  for (;;) {
    const isContainer = isOpener(text.charCodeAt(at));
    if (isContainer) open.push(at);
    const after = isContainer ? at + 1 : skipScalar(text, at);
    if (after < 0) return { found: complete, failedAt: -after };
    at = skipSpace(text, after);
    // Directly behind its bracket a container's first value stands without a comma.
    for (let isFirst = isContainer; ; isFirst = false) {
      const opened = open.at(-1) ?? start;
      const code = text.charCodeAt(opened);
      if (text.charCodeAt(at) === code + 2) {
        open.pop();
        if (open.length === 0) return { found: { start: opened, end: at + 1 }, failedAt: at };
        if (complete === null || opened <= complete.start) complete = { start: opened, end: at + 1 };
        at = skipSpace(text, at + 1);
        continue;
      }
      if (!isFirst && text.charCodeAt(at) !== comma) return { found: complete, failedAt: at };
      if (!isFirst) at = skipSpace(text, at + 1);
      if (code === openBrace) at = skipName(text, at);
      if (at < 0) return { found: complete, failedAt: -at };
      break;
    }
  }
}

function isOpener(code: number): boolean {
  return code === openBrace || code === openBracket;
}

function skipSpace(text: string, start: number): number {
  for (let at = start; ; at += 1) {
    const code = text.charCodeAt(at);
    if (code !== 32 && code !== 10 && code !== 13 && code !== 9) return at;
  }
}

/** The position after a scalar value; negative: the position where it failed. */
function skipScalar(text: string, start: number): number {
  if (text.charCodeAt(start) === quote) return skipString(text, start);
  scalar.lastIndex = start;
  return scalar.test(text) ? scalar.lastIndex : -start;
}

/** The position after a string literal; negative: one after its start, since what it swallowed may hold JSON. */
function skipString(text: string, start: number): number {
  const failed = -(start + 1);
  if (text.charCodeAt(start) !== quote) return -start;
  for (let at = start + 1; at < text.length;) {
    const code = text.charCodeAt(at);
    if (code === quote) return at + 1;
    if (code < 32) return failed;
    if (code === backslash) {
      escape.lastIndex = at;
      if (!escape.test(text)) return failed;
      at = escape.lastIndex;
    } else {
      at += 1;
    }
  }
  return failed;
}

/** From an object's member name to its value; negative: the position where it failed. */
function skipName(text: string, start: number): number {
  const after = skipString(text, start);
  if (after < 0) return after;
  const at = skipSpace(text, after);
  return text.charCodeAt(at) === colon ? skipSpace(text, at + 1) : -at;
}
