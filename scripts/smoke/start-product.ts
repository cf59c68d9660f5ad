import { execFile } from "node:child_process";
import path from "node:path";
import { promisify } from "node:util";
import { startChild } from "./start-child.ts";

const run = promisify(execFile);

export interface Installation {
  /** The repository's folder. */
  readonly root: string;
  readonly signal: AbortSignal;
}

export interface StartProductOptions extends Installation {
  readonly dataFolder: string;
  /** Path of a configuration file, null without one. */
  readonly configuration: string | null;
  readonly environment: Readonly<Record<string, string>>;
}

export interface RunningProduct extends AsyncDisposable {
  readonly port: number;
  /** Resolves with the exit code, or null after a signal. */
  stop(): Promise<number | null>;
}

/** Starts the product with the shipped command, on loopback and a free port, and waits until it says that it runs. */
export async function startProduct(options: StartProductOptions): Promise<RunningProduct> {
  const { root, signal, dataFolder, configuration, environment } = options;
  const argv = [
    startFileOf(root),
    // The leading word is what a compose file of an earlier generation gives.
    ...(configuration === null ? [] : ["/tokenhub", "-config", configuration]),
  ];
  const child = await startChild(argv, {
    cwd: root,
    environment: {
      ...plainEnvironment(),
      TOKENHUB_HOST: "127.0.0.1",
      TOKENHUB_PORT: "0",
      TOKENHUB_DATA_DIR: dataFolder,
      ...environment,
    },
    ready: /running at (\S+)[^]*Stop it with Ctrl-C/,
    signal,
  });
  return {
    port: Number(new URL(child.match[1] ?? "").port),
    stop: () => child.stop(),
    [Symbol.asyncDispose]: () => child[Symbol.asyncDispose](),
  };
}

/** Starts the stand-in for the providers; the result is its address. */
export async function startStandIn({
  root,
  signal,
}: Installation): Promise<AsyncDisposable & { readonly url: string }> {
  const child = await startChild([path.join(root, "apps", "mock-llm", "src", "main.ts")], {
    cwd: root,
    environment: { ...plainEnvironment(), TOKENHUB_MOCK_PORT: "0" },
    ready: /"listening":"([^"]+)"/,
    signal,
  });
  return { url: child.match[1] ?? "", [Symbol.asyncDispose]: () => child[Symbol.asyncDispose]() };
}

/** The key that `-generate-key` prints on its first line. @throws Error when there is none. */
export async function generateKey({ root, signal }: Installation): Promise<string> {
  const { stdout } = await run(process.execPath, [startFileOf(root), "-generate-key"], {
    env: plainEnvironment(),
    signal,
  });
  const key = stdout.split("\n")[0] ?? "";
  if (!/^[0-9a-f]{64}$/.test(key)) throw new Error("-generate-key printed no key on its first line.");
  return key;
}

function startFileOf(root: string): string {
  return path.join(root, "scripts", "start.mjs");
}

/** The environment of somebody who has set nothing for TokenHub or its providers. */
function plainEnvironment(): Record<string, string | undefined> {
  const { PATH, HOME, TMPDIR } = process.env;
  return { PATH, HOME, TMPDIR };
}
