import type { FileRecord, RecordSplitter, SplitterOptions } from "./file-record.ts";
import { createRecordText } from "./record-text.ts";

const lineFeed = 10;

/** Cuts JSON Lines. Empty lines are left out, but counted; the last one needs no end. */
export function createLineSplitter({ fromByte, limitBytes }: SplitterOptions): RecordSplitter {
  const line = createRecordText(limitBytes);
  let offset = fromByte;
  let number = 0;

  function cut(records: FileRecord[]): void {
    number += 1;
    const content = line.take();
    if (content.kind === "text" && content.text.trim() === "") return;
    records.push({ number, content, endOffsetBytes: offset });
  }

  return {
    push(bytes) {
      const records: FileRecord[] = [];
      for (let from = 0; from < bytes.length;) {
        const at = bytes.indexOf(lineFeed, from);
        const end = at === -1 ? bytes.length : at;
        line.add(bytes.subarray(from, end));
        offset += (at === -1 ? end : end + 1) - from;
        from = end + 1;
        if (at !== -1) cut(records);
      }
      return records;
    },
    end() {
      const records: FileRecord[] = [];
      if (!line.isEmpty()) cut(records);
      return records;
    },
  };
}
