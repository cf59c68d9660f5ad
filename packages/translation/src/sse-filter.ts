import { isWholeData, readSseBlock, replaceSseData } from "./sse-block.ts";
import { createSseSplitter, splitSseBlocks } from "./sse-splitter.ts";

/** Stream text in, stream text out. What it returns always ends with a complete event. */
export interface SseFilter {
  /** Pieces may be cut anywhere. */
  push(sseText: string): string;
  /** When the stream has ended: what was held back. Half an event is dropped, since clients throw on it. */
  end(): string;
}

/** A filter that may replace the data of single events; every other byte stays. */
export function createSseDataFilter(edit: (data: string) => string): SseFilter {
  const splitter = createSseSplitter();
  const editBlock = (text: string): string => {
    const block = readSseBlock(text);
    if (block === null) return text;
    const data = edit(block.data);
    return data === block.data ? text : replaceSseData(text, data);
  };
  return {
    push: (text) => splitSseBlocks(splitter.push(text)).map(editBlock).join(""),
    end: () => {
      const rest = splitter.takeRest().replace(/[\r\n]+$/, "");
      const block = readSseBlock(rest);
      return block !== null && isWholeData(block.data) ? editBlock(`${rest}\n\n`) : "";
    },
  };
}
