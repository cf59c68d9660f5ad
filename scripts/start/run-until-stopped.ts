import { ConfigError } from "@tokenhub/config";
import { isTerminalGone, onParentDeath } from "./follow-parent.ts";
import { readSettings } from "./read-settings.ts";
import { runStack } from "./run-stack.ts";
import type { ServiceDefinition } from "./service-specs.ts";
import { StartError } from "./start-error.ts";
import type { RestartPolicy } from "./restart-delay.ts";

/** npm forwards a Ctrl-C that the terminal has delivered already, so only a later second one means impatience. */
const sameKeystrokeMs = 1_000;

export interface RunUntilStoppedOptions {
  /** From the command line. */
  readonly configFile: string | null;
  readonly root: string;
  readonly services: readonly ServiceDefinition[];
  readonly restart?: RestartPolicy;
}

/**
 * Runs TokenHub until this process is asked to stop: by Ctrl-C, SIGTERM, a closed terminal or the death of its parent.
 * SIGHUP goes on to the services, which read their configuration again.
 * @throws StartError or ConfigError
 */
export async function runUntilStopped(options: RunUntilStoppedOptions): Promise<void> {
  const { configFile, root, services, restart } = options;
  const stop = new AbortController();
  const hurry = new AbortController();
  let forward: (signal: NodeJS.Signals) => void = () => undefined;
  const onStopSignal = createStopHandler({ stop, hurry });
  const hasTerminal = process.stdin.isTTY;
  process.on("SIGINT", onStopSignal);
  process.on("SIGTERM", onStopSignal);
  process.on("SIGHUP", () => (hasTerminal && isTerminalGone() ? onStopSignal() : forward("SIGHUP")));
  onParentDeath(onStopSignal);
  // The data folder holds keys and prompts; nobody else on this machine has to read it.
  process.umask(0o077);
  const environment = process.env;
  await runStack({
    settings: await readSettings({ environment, configFile, root, workingFolder: process.cwd() }),
    services,
    environment,
    root,
    say,
    print,
    stop: stop.signal,
    hurry: hurry.signal,
    onSignalForwarder: (forwarder) => (forward = forwarder),
    ...(restart === undefined ? {} : { restart }),
  });
  say("stopped");
}

/** Prints why TokenHub did not start or had to stop, and sets the exit code; a stack is shown for our own faults only. */
export function reportFailure(error: unknown): void {
  const isExpected = error instanceof StartError || error instanceof ConfigError;
  const text = isExpected ? `tokenhub: ${error.message}` : error instanceof Error ? error.stack : error;
  process.stderr.write(`${String(text)}\n`);
  process.exitCode = 1;
}

/** Whoever reads the output may stop reading (`npm start | head`); that is no reason to end. */
export function tolerateClosedOutput(): void {
  for (const stream of [process.stdout, process.stderr]) stream.on("error", () => undefined);
}

export function print(text: string): void {
  process.stdout.write(`${text}\n`);
}

function say(line: string): void {
  print(`tokenhub: ${line}`);
}

function createStopHandler({ stop, hurry }: { stop: AbortController; hurry: AbortController }): () => void {
  let askedAtMs: number | null = null;
  return () => {
    if (askedAtMs === null) {
      askedAtMs = performance.now();
      say("stopping; running requests are finished first (Ctrl-C again ends them) ...");
      stop.abort();
    } else if (performance.now() - askedAtMs > sameKeystrokeMs) {
      hurry.abort();
    }
  };
}
