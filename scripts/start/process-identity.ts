import { readFileSync } from "node:fs";

/** A process as recorded in a file: its id, and when it started, because ids are used again. */
export interface ProcessIdentity {
  readonly pid: number;
  /** Clock ticks from boot to start as Linux tells them; null where it cannot be known. */
  readonly startedAt: string | null;
}

/** The identity of a running process, for {@link isStillRunning} later. */
export function identifyProcess(pid: number): ProcessIdentity {
  return { pid, startedAt: readStart(pid) };
}

/** Whether that very process still runs; a zombie does not. */
export function isStillRunning({ pid, startedAt }: ProcessIdentity): boolean {
  const found = readStart(pid);
  if (found !== null) return startedAt === null || startedAt === found;
  const systemHasProcessTable = readStart(process.pid) !== null;
  return !systemHasProcessTable && takesSignals(pid);
}

/** Null when there is no such process, when it is a zombie, or when the system has no /proc. */
function readStart(pid: number): string | null {
  let text: string;
  try {
    text = readFileSync(`/proc/${pid}/stat`, "utf8");
  } catch {
    // No /proc, or no such process: both mean "not known".
    return null;
  }
  // The second field is the program's name in parentheses and may hold blanks; the third is the state, the 22nd the start.
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  return fields[0] === "Z" ? null : (fields[19] ?? null);
}

function takesSignals(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    // EPERM: it exists and belongs to somebody else.
    return error instanceof Error && Reflect.get(error, "code") === "EPERM";
  }
}
