import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync, readFileSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import type { Watchdog } from "../../scripts/start/watchdog.ts";

const stopGraceMs = 5_000;

export interface ChildSpec {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly workingFolder: string;
  /** Gets standard output and standard error. */
  readonly logFile: string;
  /** Written to standard input, which is then closed. */
  readonly input?: string | null;
  readonly isReady: () => Promise<boolean>;
}

/** A process of a target that is ready. Disposing of it ends it. */
export interface RunningChild extends AsyncDisposable {
  readonly name: string;
  readonly pid: number;
  /** From spawning it until it was ready. */
  readonly readyAfterMs: number;
}

export interface StartChildOptions {
  /** Ends the process when the bench itself is killed. */
  readonly watchdog: Watchdog;
  readonly signal: AbortSignal;
  readonly readyWithinMs?: number;
}

/**
 * Starts a process and waits until it is ready.
 *
 * @throws Error with the end of its log when it ends before that or takes too long.
 */
export async function startChild(
  spec: ChildSpec,
  { watchdog, signal, readyWithinMs = 60_000 }: StartChildOptions,
): Promise<RunningChild> {
  signal.throwIfAborted();
  const startedAt = performance.now();
  const { child, pid } = await launch(spec);
  watchdog.watch(pid, "service");
  child.once("exit", () => watchdog.forget(pid));
  try {
    await untilReady(spec, { child, signal, deadline: startedAt + readyWithinMs });
  } catch (error) {
    await stop(child);
    throw error;
  }
  const readyAfterMs = performance.now() - startedAt;
  return { name: spec.name, pid, readyAfterMs, [Symbol.asyncDispose]: () => stop(child) };
}

async function launch(spec: ChildSpec): Promise<{ readonly child: ChildProcess; readonly pid: number }> {
  const log = openSync(spec.logFile, "a");
  try {
    const child = spawn(spec.command, spec.args, {
      cwd: spec.workingFolder,
      env: { ...spec.environment },
      stdio: ["pipe", log, log],
      // A group of its own: Ctrl-C stops it in order, by `stop`.
      detached: true,
    });
    await once(child, "spawn");
    child.stdin?.on("error", () => undefined);
    child.stdin?.end(spec.input ?? "");
    if (child.pid === undefined) throw new Error(`${spec.name} has no process id.`);
    return { child, pid: child.pid };
  } finally {
    closeSync(log);
  }
}

interface Waiting {
  readonly child: ChildProcess;
  readonly signal: AbortSignal;
  readonly deadline: number;
}

async function untilReady(spec: ChildSpec, { child, signal, deadline }: Waiting): Promise<void> {
  while (!(await spec.isReady())) {
    signal.throwIfAborted();
    if (hasEnded(child)) throw new Error(`${spec.name} ended at its start:\n${endOfLog(spec.logFile)}`);
    if (performance.now() > deadline) {
      throw new Error(`${spec.name} was not ready in time:\n${endOfLog(spec.logFile)}`);
    }
    await delay(5);
  }
}

function endOfLog(file: string): string {
  return readFileSync(file, "utf8").trimEnd().split("\n").slice(-8).join("\n");
}

async function stop(child: ChildProcess): Promise<void> {
  if (hasEnded(child)) return;
  const exited = once(child, "exit");
  child.kill("SIGTERM");
  const timer = setTimeout(() => child.kill("SIGKILL"), stopGraceMs);
  await exited;
  clearTimeout(timer);
}

function hasEnded({ exitCode, signalCode }: ChildProcess): boolean {
  return exitCode !== null || signalCode !== null;
}
