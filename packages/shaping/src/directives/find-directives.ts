import { createBlockReader } from "./block-line.ts";
import { lineAt, linesBetween, type TextLine } from "./text-lines.ts";

/**
 * How far into a user message a directive is applied, in bytes of UTF-8. An `@@end` that comes later than this after its
 * marker no longer makes a block of whatever lies between the two.
 */
export const directiveReachBytes = 2048;

/** One directive as it lies in its text. Positions are UTF-16 units. */
export interface DirectiveSpan {
  /** Start of the marker's line. */
  readonly start: number;
  /** After the last character of the last line, before its line break. */
  readonly contentEnd: number;
  /** After the last line's break: where the rest of the text begins. */
  readonly end: number;
  /** What stands behind the marker on its line. */
  readonly header: string;
  /** The lines of a block between the marker's line and `@@end`; empty for a single line. */
  readonly body: string;
  /** False: a block that has no `@@end`. Its span reaches from the marker to the last `key=value` line behind it. */
  readonly isClosed: boolean;
}

const directiveStart = /^[^\S\n\r\u2028\u2029]*@@tokenhub/gim;

/**
 * The directives of a text in order: single lines and blocks, well-formed or not. A directive begins at the start of a line,
 * blanks before it allowed, upper case or lower. Linear in the length of the text; looks no further than it is asked.
 */
export function* findDirectives(text: string): Generator<DirectiveSpan> {
  let current: RegExpExecArray | null = null;
  for (const next of text.matchAll(directiveStart)) {
    if (current !== null) yield spanAt(text, { ...placeOf(current), bound: next.index });
    current = next;
  }
  if (current !== null) yield spanAt(text, { ...placeOf(current), bound: text.length });
}

function placeOf(match: RegExpExecArray): Pick<SpanPlace, "start" | "headerAt"> {
  return { start: match.index, headerAt: match.index + match[0].length };
}

interface SpanPlace {
  readonly start: number;
  /** After the marker. */
  readonly headerAt: number;
  /** Where the next directive starts, or the text's end: no block reaches beyond it. */
  readonly bound: number;
}

function spanAt(text: string, { start, headerAt, bound }: SpanPlace): DirectiveSpan {
  const markerLine = lineAt(text, headerAt);
  const header = text.slice(headerAt, markerLine.end);
  const hasHeader = header.trim() !== "";
  const run = readRun(text, { from: markerLine.next, to: bound });
  const to = Math.min(bound, start + directiveReachBytes);
  const closing = run.closing ?? (hasHeader ? null : firstEnd(text, { from: markerLine.next, to }));
  if (closing !== null) {
    const body = text.slice(markerLine.next, closing.start);
    return { start, contentEnd: closing.end, end: closing.next, header, body, isClosed: true };
  }
  const last = hasHeader ? markerLine : (run.lastEntry ?? markerLine);
  return { start, contentEnd: last.end, end: last.next, header, body: "", isClosed: hasHeader };
}

interface Range {
  readonly from: number;
  readonly to: number;
}

interface Run {
  /** The `@@end` that the run led to. */
  readonly closing: TextLine | null;
  readonly lastEntry: TextLine | null;
}

/** Follows the lines that a block is made of (`key=value`, the further lines of a JSON value, blank ones) as long as they last. */
function readRun(text: string, range: Range): Run {
  const readLine = createBlockReader();
  let lastEntry: TextLine | null = null;
  for (const line of linesBetween(text, range)) {
    const { kind } = readLine(text.slice(line.start, line.end));
    if (kind === "end") return { closing: line, lastEntry };
    if (kind === "foreign") break;
    if (kind !== "blank") lastEntry = line;
  }
  return { closing: null, lastEntry };
}

/** An `@@end` behind lines of another kind: a block with a mistake in it, as long as it is no longer than one may be. */
function firstEnd(text: string, range: Range): TextLine | null {
  for (const line of linesBetween(text, range)) {
    if (/^\s*@@end\s*$/i.test(text.slice(line.start, line.end))) return line;
  }
  return null;
}
