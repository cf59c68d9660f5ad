import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { startWatchdog, type Watchdog } from "../scripts/start/watchdog.ts";

/** The repository's folder. */
export const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));

/** What lives as long as one run. Disposing of it removes its data; whatever was started has to be stopped before. */
export interface BenchSession extends Disposable {
  readonly root: string;
  readonly watchdog: Watchdog;
  /** Aborted by Ctrl-C, SIGTERM or SIGHUP. */
  readonly signal: AbortSignal;
  readonly say: (line: string) => void;
  /** A new empty folder on the disk of the repository, so that writing costs what it costs in use. */
  makeFolder(name: string): string;
}

/** Opens a run: signals abort it, a second one ends it at once and the watchdog stops what was started. */
export function openSession(): BenchSession {
  const controller = new AbortController();
  const watchdog = startWatchdog({ onStart: () => undefined });
  const parent = path.join(root, "bench", "data");
  mkdirSync(parent, { recursive: true });
  const folder = mkdtempSync(path.join(parent, "run-"));
  const onSignal = (): void => {
    if (controller.signal.aborted) process.exit(130);
    process.stderr.write("stopping ...\n");
    controller.abort(new StoppedError());
  };
  const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
  for (const name of signals) process.on(name, onSignal);
  return {
    root,
    watchdog,
    signal: controller.signal,
    say: (line) => void process.stderr.write(`${line}\n`),
    makeFolder(name) {
      const made = path.join(folder, name);
      mkdirSync(made, { recursive: true });
      return made;
    },
    [Symbol.dispose]() {
      for (const name of signals) process.off(name, onSignal);
      watchdog.quit();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Somebody pressed Ctrl-C. */
export class StoppedError extends Error {
  override readonly name = "StoppedError";
  constructor() {
    super("stopped");
  }
}

/** Runs a bench entry: a stop is no failure, a failure is one message and exit code 1. */
export async function runEntry(work: (session: BenchSession) => Promise<void>): Promise<void> {
  const session = openSession();
  try {
    await work(session);
  } catch (error) {
    process.exitCode = session.signal.aborted ? 130 : 1;
    if (!session.signal.aborted)
      process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  } finally {
    session[Symbol.dispose]();
  }
}
