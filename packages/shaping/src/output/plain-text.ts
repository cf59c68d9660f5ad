/**
 * Takes the Markdown out of a text and leaves the words. Headings, quotes, emphasis, strikethrough and code marks go; links and
 * images become their text; bullets become `- `, numbers stay; rules and fence lines are left out, code between fences is
 * kept as it is; escaped marks become themselves. Linear in the text's length.
 */
export function plainText(markdown: string): string {
  const lines: string[] = [];
  let fence: string | null = null;
  for (const line of markdown.split(/\r\n|\n|\r/)) {
    // Most lines hold no mark and need no closer look.
    if (!anyMark.test(line)) {
      lines.push(line);
      continue;
    }
    const marks = fenceMarks.exec(line)?.[1];
    if (fence !== null) {
      if (marks?.startsWith(fence) === true && line.trim() === marks) fence = null;
      else lines.push(line);
    } else if (
      marks !== undefined &&
      !(marks.startsWith("`") && line.trim().endsWith("`") && line.trim() !== marks)
    ) {
      fence = marks;
    } else if (!rule.test(line)) {
      lines.push(plainLine(line));
    }
  }
  return lines.join("\n").trim();
}

/** One of these is part of every mark. */
const anyMark = /[-#>*+_~`[\]<\\]/;
const fenceMarks = /^\s*(`{3,}|~{3,})/;
const rule = /^\s{0,3}(?:(?:-[ \t]*){3,}|(?:\*[ \t]*){3,}|(?:_[ \t]*){3,})$/;
const codeSpan = /(?<!`)(`+)(?!`)([^`\n]+)\1(?!`)/g;

function plainLine(line: string): string {
  const block = line
    .replace(/^\s{0,3}(?:>[ \t]?)+/, "")
    .replace(/^\s{0,3}#{1,6}(?:[ \t]+|$)/, "")
    .replace(/^(\s*)[*+-][ \t]+/, "$1- ");
  let text = "";
  let at = 0;
  for (const match of block.matchAll(codeSpan)) {
    text += plainWords(block.slice(at, match.index)) + (match[2] ?? "").trim();
    at = match.index + match[0].length;
  }
  return text + plainWords(block.slice(at));
}

// Each pattern stops at the next mark of its kind, so that a line of marks that never close costs no more than its length.
const marks: readonly (readonly [RegExp, string])[] = [
  [/!?\[([^[\]\n]*)\]\((?:[^()\s]|\([^()\s]*\))*(?:[ \t]+"[^"\n]*")?\)/g, "$1"],
  [/<((?:https?:\/\/|mailto:)[^<>\s]+)>/g, "$1"],
  [/(?<!\\)\*\*(?=\S)([^*\n]+)\*\*/g, "$1"],
  [/(?<![\w\\])__(?=\S)([^_\n]+)__(?!\w)/g, "$1"],
  [/(?<!\\)\*(?=\S)([^*\n]*[^*\s\\])\*/g, "$1"],
  [/(?<![\w\\])_(?=\S)([^_\n]*[^_\s\\])_(?!\w)/g, "$1"],
  [/~~(?=\S)([^~\n]+)~~/g, "$1"],
  [/\\([\\`*_{}[\]()#+.!~>-])/g, "$1"],
];

function plainWords(words: string): string {
  return marks.reduce((text, [pattern, replacement]) => text.replace(pattern, replacement), words);
}
