import { spawn } from "node:child_process";
import { once } from "node:events";

const stopGraceMs = 10_000;

export interface StartChildOptions {
  readonly cwd: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** What the child prints once it is ready. */
  readonly ready: RegExp;
  readonly signal: AbortSignal;
}

/** A child process that is ready; disposing of it asks it to stop and waits for its end. */
export interface StartedChild extends AsyncDisposable {
  /** What `ready` matched. */
  readonly match: RegExpExecArray;
  readonly output: () => string;
  /** Resolves with the exit code, or null after a signal. */
  stop(): Promise<number | null>;
}

/** @throws Error with everything the child printed, when it ends before it is ready or the signal is aborted. */
export async function startChild(
  argv: readonly string[],
  { cwd, environment, ready, signal }: StartChildOptions,
): Promise<StartedChild> {
  // The channel closes when this process dies, which tells the child to stop.
  const child = spawn(process.execPath, argv, {
    cwd,
    env: { ...environment },
    stdio: ["ignore", "pipe", "pipe", "ipc"],
  });
  let output = "";
  const exited = once(child, "close").then(() => child.exitCode);
  const stop = async (): Promise<number | null> => {
    child.kill("SIGTERM");
    const timer = setTimeout(() => child.kill("SIGKILL"), stopGraceMs);
    const code = await exited;
    clearTimeout(timer);
    return code;
  };
  const match = await new Promise<RegExpExecArray>((resolve, reject) => {
    const fail = (why: string): void =>
      reject(new Error(`${argv[0]} ${why}:\n${output.trim() || "no output"}`));
    const collect = (chunk: Buffer): void => {
      output += chunk.toString();
      const found = ready.exec(output);
      if (found !== null) resolve(found);
    };
    child.stdout?.on("data", collect);
    child.stderr?.on("data", collect);
    child.once("error", (error) => fail(`cannot be started (${error.message})`));
    child.once("close", (code) => fail(`ended with exit code ${String(code)} before it was ready`));
    signal.addEventListener("abort", () => fail("was not ready in time"), { once: true });
  }).catch(async (error: unknown) => {
    await stop();
    throw error;
  });
  return {
    match,
    output: () => output,
    stop,
    [Symbol.asyncDispose]: async () => void (await stop()),
  };
}
