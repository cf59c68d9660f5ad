import { createWriteStream } from "node:fs";
import { finished } from "node:stream/promises";
import type { RecordedCall } from "./recorded-call.ts";

/** A file that gets one line of JSON per finished call. Disposing of it waits until everything is written. */
export interface CallFile extends AsyncDisposable {
  append(call: RecordedCall): void;
}

/**
 * Opens the file for appending.
 *
 * @throws Error when it cannot be opened.
 */
export async function openCallFile(path: string): Promise<CallFile> {
  const stream = createWriteStream(path, { flags: "a" });
  await new Promise<void>((resolve, reject) => {
    stream.once("open", () => resolve());
    stream.once("error", (error) => {
      reject(new Error(`The call log ${path} cannot be opened.`, { cause: error }));
    });
  });
  return {
    append: (call) => {
      stream.write(`${JSON.stringify(call)}\n`);
    },
    async [Symbol.asyncDispose]() {
      stream.end();
      await finished(stream);
    },
  };
}
