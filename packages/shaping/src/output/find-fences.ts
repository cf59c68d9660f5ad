/** A fenced block of Markdown. */
export interface Fence {
  /** The first word behind the opening fence, in lower case; empty when there is none. */
  readonly language: string;
  /** The lines between the fences. */
  readonly lines: string;
  /** What stands between the language and the next three backticks, for blocks written on one line. */
  readonly inline: string;
}

const fenceLine = /^[^\S\n\r\u2028\u2029]*(`{3,}|~{3,})([^\n\r\u2028\u2029]*)$/gm;

interface Opening {
  readonly marks: string;
  readonly language: string;
  /** After the language. */
  readonly at: number;
  /** Start of the next line. */
  readonly linesAt: number;
}

/** The fenced blocks of a text in order; one that is never closed reaches to the text's end. Linear in the text's length. */
export function findFences(text: string): Fence[] {
  const fences: Fence[] = [];
  let opening: Opening | null = null;
  for (const match of text.matchAll(fenceLine)) {
    const [line, marks = "", info = ""] = match;
    if (opening === null) {
      opening = openingOf(match);
      // Written on one line: the fence closes where it opens.
      if (!info.includes("```")) continue;
      fences.push(fenceOf(text, { opening, end: match.index + line.length }));
      opening = null;
    } else if (info.trim() === "" && marks.startsWith(opening.marks)) {
      fences.push(fenceOf(text, { opening, end: match.index }));
      opening = null;
    }
  }
  if (opening !== null) fences.push(fenceOf(text, { opening, end: text.length }));
  return fences;
}

function openingOf(match: RegExpExecArray): Opening {
  const [line, marks = "", info = ""] = match;
  const [words, language = ""] = /^\s*([\w+.-]*)/.exec(info) ?? [""];
  return {
    marks,
    language: language.toLowerCase(),
    at: match.index + line.length - info.length + words.length,
    linesAt: match.index + line.length + 1,
  };
}

function fenceOf(text: string, { opening, end }: { readonly opening: Opening; readonly end: number }): Fence {
  const rest = text.slice(opening.at, end);
  const close = rest.indexOf("```");
  return {
    language: opening.language,
    lines: opening.linesAt < end ? text.slice(opening.linesAt, end) : "",
    inline: close === -1 ? rest : rest.slice(0, close),
  };
}
