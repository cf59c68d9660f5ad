import { createLineSplitter } from "./split-lines.ts";
import { createRequestSplitter } from "./split-requests.ts";
import type { BatchSurface } from "./read-batch-line.ts";

/** One request of an input, as it was cut out of the file. */
export interface FileRecord {
  /** The line of the file, or the place in the list of requests; from 1, counted from where reading began. */
  readonly number: number;
  readonly content: RecordContent;
  /** Where reading may go on behind it. */
  readonly endOffsetBytes: number;
}

export type RecordContent =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "too_large" }
  | { readonly kind: "not_utf8" }
  /** The input as a whole is not what it should be; nothing comes behind it. */
  | { readonly kind: "broken"; readonly message: string };

/** Cuts an input into requests, as its bytes come in. It never holds more than one request. */
export interface RecordSplitter {
  readonly push: (bytes: Uint8Array) => FileRecord[];
  readonly end: () => FileRecord[];
}

export interface SplitterOptions {
  /** Where the first byte that is pushed lies; behind a record, or 0. */
  readonly fromByte: number;
  readonly limitBytes: number;
}

/** A file of the OpenAI API has a request in each line; a message batch is a JSON object with a list of them. */
export function createRecordSplitter(surface: BatchSurface, options: SplitterOptions): RecordSplitter {
  return surface === "openai" ? createLineSplitter(options) : createRequestSplitter(options);
}

/** The records of bytes that come in, one after the other. */
export async function* readRecords(
  bytes: AsyncIterable<Uint8Array>,
  splitter: RecordSplitter,
): AsyncGenerator<FileRecord, void, undefined> {
  for await (const chunk of bytes) yield* splitter.push(chunk);
  yield* splitter.end();
}
