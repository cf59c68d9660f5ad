/** A piece of stream text cut after complete events; the bytes are the stream's own. */
export interface SseSplitter {
  /** Text up to the last complete event: "" while the first one is incomplete. Pieces may be cut anywhere. */
  push(text: string): string;
  /** What is left when the stream ends; the splitter is empty afterwards. */
  takeRest(): string;
}

/**
 * A blank line ends an event; line ends may be \n, \r\n or \r. A \r at the end of the text waits for its possible \n, so
 * that the same stream is cut at the same places however it arrives.
 */
const boundaryPattern = /(?:\r\n|\n|\r(?=[^\n]))(?:\r\n|\n|\r(?=[^\n]))/g;

/** Holds back incomplete events, so that an error event can always follow what has been passed on. */
export function createSseSplitter(): SseSplitter {
  // Fragments are joined only when an event ends in them: one large event in many small pieces stays linear.
  let fragments: string[] = [];
  let tail = "";
  const takeRest = (): string => {
    const rest = fragments.join("");
    fragments = [];
    tail = "";
    return rest;
  };
  return {
    push: (text) => {
      // Blank lines between events are passed on at once: they belong to no event.
      const start = fragments.length === 0 ? skipLineEnds(text, 0) : 0;
      const blank = text.slice(0, start);
      const piece = text.slice(start);
      if (piece === "") return blank;
      fragments.push(piece);
      const isEnding = lastBoundaryEnd(tail + piece) !== -1;
      tail = (tail + piece.slice(-4)).slice(-4);
      if (!isEnding) return blank;
      const all = takeRest();
      const end = skipLineEnds(all, Math.max(lastBoundaryEnd(all), 0));
      if (end < all.length) fragments.push(all.slice(end));
      tail = all.slice(end).slice(-4);
      return blank + all.slice(0, end);
    },
    takeRest,
  };
}

/** The single events of a text that {@link SseSplitter} has cut, blank lines included. */
export function splitSseBlocks(text: string): string[] {
  const blocks: string[] = [];
  let start = 0;
  if (!text.includes("\r")) {
    for (let end = text.indexOf("\n\n"); end !== -1; end = text.indexOf("\n\n", start)) {
      blocks.push(text.slice(start, end + 2));
      start = end + 2;
    }
  } else {
    for (const match of text.matchAll(boundaryPattern)) {
      const end = match.index + match[0].length;
      blocks.push(text.slice(start, end));
      start = end;
    }
  }
  if (start < text.length) blocks.push(text.slice(start));
  return blocks;
}

/** The position after the last event's blank line; -1 when no event ends in the text. */
function lastBoundaryEnd(text: string): number {
  if (!text.includes("\r")) {
    const at = text.lastIndexOf("\n\n");
    return at === -1 ? -1 : at + 2;
  }
  let end = -1;
  for (const match of text.matchAll(boundaryPattern)) end = match.index + match[0].length;
  return end;
}

function skipLineEnds(text: string, start: number): number {
  let at = start;
  while (text.charAt(at) === "\n" || text.charAt(at) === "\r") at += 1;
  return at;
}
