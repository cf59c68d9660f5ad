import { findDirectives } from "./find-directives.ts";

/**
 * A text without its directives: single lines, blocks, and of a block that has no end the lines from its marker to its last
 * `key=value`, wherever in the text they stand. All other characters stay as they are, except for blank lines that the
 * directive separated: none is left at the text's start and end, and where blank lines stood on both sides the ones before
 * stay. A text without directives is returned as it is; stripping twice changes nothing more. Linear in the text's length.
 */
export function stripDirectives(text: string): string {
  const kept = createKeptText();
  let at = 0;
  for (const { start, end } of findDirectives(text)) {
    kept.add(text.slice(at, start));
    at = end;
  }
  // Every directive has an end behind the text's start.
  if (at === 0) return text;
  const rest = text.slice(at);
  kept.add(rest);
  return rest.trim() === "" ? withoutFinalBlankLines(kept.text()) : kept.text();
}

const blankLines = /^(?:[^\S\n\r\u2028\u2029]*(?:\r\n|[\n\r\u2028\u2029]))+/;
const finalBlankLine = /(?:^|\n|\r(?!\n)|[\u2028\u2029])[^\S\n\r\u2028\u2029]*(?:\r\n|[\n\r\u2028\u2029])$/;

function createKeptText(): { readonly add: (piece: string) => void; readonly text: () => string } {
  const pieces: string[] = [];
  let wantsBlankLines = true;
  return {
    add(piece) {
      // The first piece is the text's own beginning.
      const kept = wantsBlankLines || pieces.length === 0 ? piece : piece.replace(blankLines, "");
      pieces.push(kept);
      if (kept !== "") wantsBlankLines = !finalBlankLine.test(kept);
      else if (pieces.length === 1) wantsBlankLines = false;
    },
    text: () => pieces.join(""),
  };
}

/** Ends the text with its last line that is not blank, without the break behind it. */
function withoutFinalBlankLines(text: string): string {
  const end = text.trimEnd().length;
  if (end === 0) return "";
  const lineBreak = /[\n\r\u2028\u2029]/g;
  lineBreak.lastIndex = end;
  const found = lineBreak.exec(text);
  return found === null ? text : text.slice(0, found.index);
}
