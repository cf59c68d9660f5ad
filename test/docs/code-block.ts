/** A fenced block of a document. */
export interface CodeBlock {
  readonly language: string;
  /** What stands behind the language, e.g. `answer` or `status=404`. */
  readonly notes: readonly string[];
  readonly code: string;
  /** Line of its fence, for messages. */
  readonly line: number;
}

/** The fenced blocks of a document, in order. */
export function codeBlocksOf(markdown: string): CodeBlock[] {
  return [...markdown.matchAll(/^```(\S+)([^\n]*)\n([^]*?)^```$/gm)].map((match) => ({
    language: match[1] ?? "",
    notes: (match[2] ?? "").split(" ").filter((note) => note !== ""),
    code: match[3] ?? "",
    line: markdown.slice(0, match.index).split("\n").length,
  }));
}
