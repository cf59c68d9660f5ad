import type { Readable } from "node:stream";
import { isWorthShowing, readableLine } from "./readable-line.ts";
import type { RotatingLog } from "./rotating-log.ts";

export interface ServiceOutputOptions {
  readonly log: RotatingLog;
  readonly isDebug: boolean;
  readonly show: (line: string) => void;
}

const mostCarriedCharacters = 64 * 1024;

/** Copies what a service prints into its log file, and shows what a person should see. */
export function followOutput(stream: Readable, { log, isDebug, show }: ServiceOutputOptions): void {
  let carried = "";
  const handleLine = (line: string): void => {
    if (isDebug ? line.trim() !== "" : isWorthShowing(line)) show(readableLine(line));
  };
  stream.setEncoding("utf8");
  stream.on("data", (chunk: string) => {
    log.write(chunk);
    const lines = (carried + chunk).split("\n");
    carried = lines.pop()?.slice(0, mostCarriedCharacters) ?? "";
    for (const line of lines) handleLine(line);
  });
  stream.once("end", () => handleLine(carried));
}
