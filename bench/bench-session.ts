import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { startWatchdog, type Watchdog } from "../scripts/start/watchdog.ts";

/** The repository's folder. */
export const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));

/** What lives as long as one run. */
export interface BenchSession {
  readonly root: string;
  readonly watchdog: Watchdog;
  /** Aborted by Ctrl-C, SIGTERM or SIGHUP. */
  readonly signal: AbortSignal;
  readonly say: (line: string) => void;
  /** A new empty folder on the disk of the repository, so that writing costs what it costs in use. */
  makeFolder(name: string): string;
}

interface OpenSession extends BenchSession {
  /** Ends the run; whatever was started has to be stopped before. The folders of a failed run are kept for their logs. */
  close(outcome: { readonly hasFailed: boolean }): void;
}

/** Runs the work of a bench entry: a stop is no failure; a failure is one message, kept logs and exit code 1. */
export async function runEntry(work: (session: BenchSession) => Promise<void>): Promise<void> {
  const session = openSession();
  let hasFailed = false;
  try {
    await work(session);
  } catch (error) {
    hasFailed = !session.signal.aborted;
    process.exitCode = hasFailed ? 1 : 130;
    if (hasFailed) session.say(error instanceof Error ? error.message : String(error));
  } finally {
    session.close({ hasFailed });
  }
}

/** Signals abort a run; a second one ends it at once, and the watchdog stops what was started. */
function openSession(): OpenSession {
  const controller = new AbortController();
  const watchdog = startWatchdog({ onStart: () => undefined });
  const folder = makeRunFolder();
  const onSignal = (): void => {
    if (controller.signal.aborted) process.exit(130);
    say("stopping ...");
    controller.abort();
  };
  const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
  for (const name of signals) process.on(name, onSignal);
  return {
    root,
    watchdog,
    signal: controller.signal,
    say,
    makeFolder(name) {
      const made = path.join(folder, name);
      mkdirSync(made, { recursive: true });
      return made;
    },
    close({ hasFailed }) {
      for (const name of signals) process.off(name, onSignal);
      watchdog.quit();
      if (hasFailed) say(`logs are kept in ${path.relative(root, folder)}`);
      else rmSync(folder, { recursive: true, force: true });
    },
  };
}

function makeRunFolder(): string {
  const parent = path.join(root, "bench", "data");
  mkdirSync(parent, { recursive: true });
  return mkdtempSync(path.join(parent, "run-"));
}

function say(line: string): void {
  process.stderr.write(`${line}\n`);
}
