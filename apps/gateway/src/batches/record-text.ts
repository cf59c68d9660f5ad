import type { RecordContent } from "./file-record.ts";

const utf8 = new TextDecoder("utf-8", { fatal: true });

/** Gathers the bytes of one record, which come in parts; what goes beyond the limit is not kept. */
export interface RecordText {
  readonly add: (bytes: Uint8Array) => void;
  /** What was gathered; the next record begins. */
  readonly take: () => RecordContent;
  readonly isEmpty: () => boolean;
}

export function createRecordText(limitBytes: number): RecordText {
  let parts: Uint8Array[] = [];
  let sizeBytes = 0;
  return {
    add(bytes) {
      sizeBytes += bytes.length;
      if (sizeBytes > limitBytes) parts = [];
      else parts.push(bytes);
    },
    take() {
      const [first, second] = parts;
      const isTooLarge = sizeBytes > limitBytes;
      const bytes = first !== undefined && second === undefined ? first : Buffer.concat(parts);
      parts = [];
      sizeBytes = 0;
      return isTooLarge ? { kind: "too_large" } : decoded(bytes);
    },
    isEmpty: () => sizeBytes === 0,
  };
}

function decoded(bytes: Uint8Array): RecordContent {
  try {
    return { kind: "text", text: utf8.decode(bytes) };
  } catch {
    return { kind: "not_utf8" };
  }
}
