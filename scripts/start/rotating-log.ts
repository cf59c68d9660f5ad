import { closeSync, openSync, renameSync, statSync, writeSync } from "node:fs";

export interface RotatingLog extends Disposable {
  readonly file: string;
  write(chunk: Uint8Array | string): void;
}

export interface RotatingLogOptions {
  readonly mostBytes?: number;
  /** Called once when the file cannot be written any more, for example because the disk is full. */
  readonly onFailure: (error: unknown) => void;
}

/** Appends to a file; at `mostBytes` the file becomes `<file>.1` (replacing an older one) and a new one begins. */
export function openRotatingLog(
  file: string,
  { mostBytes = 10 * 1024 * 1024, onFailure }: RotatingLogOptions,
): RotatingLog {
  let handle = openSync(file, "a", 0o600);
  let size = statSync(file).size;
  let hasFailed = false;
  return {
    file,
    write(chunk) {
      try {
        if (size > 0 && size + chunk.length > mostBytes) {
          closeSync(handle);
          renameSync(file, `${file}.1`);
          handle = openSync(file, "a", 0o600);
          size = 0;
        }
        size += typeof chunk === "string" ? writeSync(handle, chunk) : writeSync(handle, chunk);
      } catch (error) {
        // Serving requests matters more than logging them: say it once and go on.
        if (!hasFailed) onFailure(error);
        hasFailed = true;
      }
    },
    [Symbol.dispose]() {
      closeSync(handle);
    },
  };
}
