import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { freePort } from "./redis-server.ts";
import { until } from "./until.ts";

export interface ServiceProcess extends AsyncDisposable {
  readonly pid: number;
  readonly adminPort: number;
  /** Resolves when the process is over, whatever ended it. */
  readonly ended: Promise<void>;
  /** SIGKILL: nothing is handed back. */
  kill(): Promise<void>;
  /** SIGTERM, and the exit code. */
  stop(): Promise<number | null>;
  /** Everything written to standard output and error so far. */
  output(): string;
}

const root = fileURLToPath(new URL("../../..", import.meta.url));

/** Starts `apps/<app>/src/main.ts` as a process of its own and waits until it is ready. */
export async function startServiceProcess(app: string, env: Record<string, string>): Promise<ServiceProcess> {
  const adminPort = await freePort();
  const child = spawn(process.execPath, [`apps/${app}/src/main.ts`], {
    cwd: root,
    env: {
      PATH: process.env["PATH"],
      NODE_COMPILE_CACHE: `${root}.cache/compile`,
      TOKENHUB_RATE_LIMIT_RPS: "100000",
      TOKENHUB_RATE_LIMIT_BURST: "100000",
      // Tests count the calls an upstream gets.
      TOKENHUB_HEALTH_PROBE_DISABLED: "true",
      ...env,
      TOKENHUB_ADMIN_PORT: String(adminPort),
    },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const ended = once(child, "exit").then(() => undefined);
  let output = "";
  for (const stream of [child.stdout, child.stderr])
    stream.on("data", (chunk: Buffer) => (output = (output + chunk.toString()).slice(-100_000)));
  const isOver = (): boolean => child.exitCode !== null || child.signalCode !== null;
  await until(
    `${app} to be ready (output: ${output})`,
    async () => {
      if (isOver()) throw new Error(`${app} ended: ${output}`);
      return (await fetch(`http://127.0.0.1:${adminPort}/readyz`).catch(() => null))?.ok;
    },
    20_000,
  );
  const end = async (signal: NodeJS.Signals): Promise<number | null> => {
    if (!isOver()) await endWith(child, signal);
    return child.exitCode;
  };
  return {
    pid: child.pid ?? 0,
    adminPort,
    ended,
    output: () => output,
    stop: () => end("SIGTERM"),
    async kill() {
      await end("SIGKILL");
    },
    async [Symbol.asyncDispose]() {
      await end("SIGKILL");
    },
  };
}

async function endWith(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  const exited = once(child, "exit");
  child.kill(signal);
  await exited;
}
