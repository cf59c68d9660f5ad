import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { setTimeout as delay } from "node:timers/promises";
import { restartDelayMs, restartPolicy, type RestartPolicy } from "./restart-delay.ts";
import type { RotatingLog } from "./rotating-log.ts";
import { followOutput } from "./service-output.ts";
import { StartError } from "./start-error.ts";
import type { Watchdog, WatchedKind } from "./watchdog.ts";

/** The exit code by which a service says that its configuration is wrong, so that starting it again is pointless. */
const configurationErrorCode = 78;
const readinessPollMs = 20;

/** One start of a process. */
interface Launch {
  readonly command: string;
  readonly arguments: readonly string[];
  readonly environment: NodeJS.ProcessEnv;
  readonly workingFolder: string;
  /** Written to standard input; null = no input. */
  readonly input: string | null;
  isReady(): Promise<boolean>;
}

export interface ProcessSpec {
  readonly name: string;
  readonly kind: WatchedKind;
  /** How many times it may stop before it was ever ready; then the whole start fails. */
  readonly startAttempts: number;
  /** Called for every start, so that each may use another port. */
  prepare(): Promise<Launch>;
}

export interface SupervisionOptions {
  readonly watchdog: Watchdog;
  readonly log: RotatingLog;
  readonly isDebug: boolean;
  /** Tells the person at the terminal. */
  readonly say: (line: string) => void;
  readonly restart?: RestartPolicy;
}

export interface SupervisedProcess {
  readonly name: string;
  /** Settles when the process is ready for the first time, or when that became hopeless (StartError). */
  readonly whenReady: Promise<void>;
  /** Rejects when the process must not be started again (StartError); never resolves. */
  readonly whenHopeless: Promise<never>;
  /** Sends a signal if the process is ready; before that, the default action of the signal could end it. */
  signal(name: NodeJS.Signals): void;
  /** Asks the process to end, and kills it and its group when `graceMs` have passed or `hurry` is aborted. */
  stop(options: { readonly graceMs: number; readonly hurry: AbortSignal }): Promise<void>;
}

/**
 * Starts a process and keeps it running: when it stops by itself it is started again, after 250 ms at first and up to 10 s
 * when it keeps failing.
 */
export function superviseProcess(spec: ProcessSpec, options: SupervisionOptions): SupervisedProcess {
  const { watchdog, log, isDebug, say, restart = restartPolicy } = options;
  const stopping = new AbortController();
  const ready = Promise.withResolvers<void>();
  const hopeless = Promise.withResolvers<never>();
  let current: ChildProcess | null = null;
  let isReady = false;
  hopeless.promise.catch(ready.reject);
  // Both promises may be rejected while nobody looks at them, for example during a stop.
  ready.promise.catch(() => undefined);

  async function keepRunning(): Promise<void> {
    let failures = 0;
    let wasEverReady = false;
    for (let starts = 1; !stopping.signal.aborted; starts += 1) {
      const startedAtMs = performance.now();
      const end = await runOnce({ isFirst: starts === 1 });
      if (stopping.signal.aborted) return;
      wasEverReady ||= end.wasReady;
      if (end.code === configurationErrorCode) {
        throw new StartError(
          `The ${spec.name} refuses its configuration (its message is above): correct it and start again.`,
        );
      }
      if (!wasEverReady && starts >= spec.startAttempts) {
        throw new StartError(`The ${spec.name} ${end.text} before it was ready: ${log.file} says why.`);
      }
      failures = performance.now() - startedAtMs >= restart.calmAfterMs ? 0 : failures;
      const waitMs = restartDelayMs(failures, restart);
      failures += 1;
      say(`${spec.name} ${end.text}; starting it again in ${waitMs} ms`);
      await delay(waitMs, undefined, { signal: stopping.signal }).catch(() => undefined);
    }
  }

  async function runOnce({ isFirst }: { isFirst: boolean }) {
    const launch = await spec.prepare();
    if (stopping.signal.aborted) return { code: null, text: "was not started", wasReady: false };
    const child = spawn(launch.command, launch.arguments, {
      cwd: launch.workingFolder,
      env: launch.environment,
      // A session of its own: Ctrl-C must reach only the supervisor, which then stops everything in order.
      detached: true,
      stdio: [launch.input === null ? "ignore" : "pipe", "pipe", "pipe"],
    });
    current = child;
    const { pid } = child;
    if (pid !== undefined) watchdog.watch(pid, spec.kind);
    child.stdin?.on("error", () => undefined).end(launch.input ?? "");
    const show = (line: string): void =>
      say(line.startsWith(`${spec.name}: `) ? line : `${spec.name}: ${line}`);
    // What Redis says in passing is for its log; a service that speaks in plain words has something to say.
    const showOutput = spec.kind === "store" && !isDebug ? () => undefined : show;
    if (child.stdout !== null) followOutput(child.stdout, { log, isDebug, show: showOutput });
    if (child.stderr !== null) followOutput(child.stderr, { log, isDebug, show });
    // "close" comes after the last output, so that an explanation is shown before what follows from it.
    const closed = once(child, "close").catch((error: unknown) => [error]);
    const ended = new AbortController();
    void closed.then(() => ended.abort());
    void pollReadiness({ launch, isFirst, ended: ended.signal });
    const [code, signal] = await closed;
    if (pid !== undefined) watchdog.forget(pid);
    const wasReady = isReady;
    [current, isReady] = [null, false];
    return { code, text: describeEnd({ code, signal }), wasReady };
  }

  async function pollReadiness({
    launch,
    isFirst,
    ended,
  }: {
    launch: Launch;
    isFirst: boolean;
    ended: AbortSignal;
  }) {
    while (!ended.aborted && !(await launch.isReady())) await delay(readinessPollMs);
    if (ended.aborted) return;
    isReady = true;
    ready.resolve();
    if (!isFirst) say(`${spec.name} is ready again`);
  }

  const running = keepRunning().catch(hopeless.reject);
  return {
    name: spec.name,
    whenReady: ready.promise,
    whenHopeless: hopeless.promise,
    signal(name) {
      if (isReady) current?.kill(name);
    },
    async stop({ graceMs, hurry }) {
      stopping.abort();
      const child = current;
      if (child !== null) {
        child.kill("SIGTERM");
        const gone = new AbortController();
        void running.then(() => gone.abort());
        const patience = AbortSignal.any([hurry, gone.signal]);
        await delay(graceMs, undefined, { signal: patience }).catch(() => undefined);
        if (!gone.signal.aborted) {
          say(`${spec.name} does not stop; ending it`);
          killGroup(child);
        }
      }
      await running;
    },
  };
}

function describeEnd({ code, signal }: { code: unknown; signal: unknown }): string {
  if (code instanceof Error) return `could not be started (${code.message})`;
  return typeof signal === "string" ? `was ended by ${signal}` : `stopped with exit code ${String(code)}`;
}

function killGroup(child: ChildProcess): void {
  try {
    if (child.pid !== undefined) process.kill(-child.pid, "SIGKILL");
  } catch {
    // It ended in this very moment.
    child.kill("SIGKILL");
  }
}
