/**
 * Splits the text of a stream into its events, whatever the pieces it comes in: `push` gives those that are complete, `rest`
 * what is left at the end. Signs of life, which are comments, are left out.
 */
export function createSseSplitter(): { push(text: string): string[]; rest(): string[] } {
  let pending = "";
  return {
    push(text) {
      const blocks = (pending + text).split("\n\n");
      pending = blocks.pop() ?? "";
      return blocks.filter(isEvent);
    },
    rest() {
      const last = pending;
      pending = "";
      return [last].filter(isEvent);
    },
  };
}

function isEvent(block: string): boolean {
  return block !== "" && block.split("\n").some((line) => !line.startsWith(":"));
}
