/** A line of a text by positions: `end` is before its break, `next` after it. */
export interface TextLine {
  readonly start: number;
  readonly end: number;
  readonly next: number;
}

// U+2028 and U+2029 end a line too, since `^` and `$` say so.
const lineBreak = /\r\n|[\n\r\u2028\u2029]/g;

/** The line that starts at `start`. */
export function lineAt(text: string, start: number): TextLine {
  lineBreak.lastIndex = start;
  const found = lineBreak.exec(text);
  return found === null
    ? { start, end: text.length, next: text.length }
    : { start, end: found.index, next: lineBreak.lastIndex };
}

/** The lines between two positions, from a line's start on. */
export function* linesBetween(
  text: string,
  { from, to }: { readonly from: number; readonly to: number },
): Generator<TextLine> {
  for (let at = from; at < to;) {
    const line = lineAt(text, at);
    yield line;
    at = line.next;
  }
}
