import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Redis } from "ioredis";

/** Set-up is plain JavaScript outside every package, because it runs before anything is installed. */
const setUp = (await import(new URL("../../../scripts/redis-server-path.mjs", import.meta.url).href)) as {
  readonly findRedisServer: () => { readonly command: string; readonly env: Record<string, string> } | null;
};

export interface TestRedis extends AsyncDisposable {
  readonly url: string;
  readonly port: number;
  /** SIGKILL, as a crash would. */
  kill(): Promise<void>;
  /** Starts again on the same port and data. */
  start(): Promise<void>;
  /** Starts again on the same port with nothing, as after the loss of its disk. */
  startEmpty(): Promise<void>;
  /** Freezes the process, as a paused virtual machine would. */
  pause(): void;
  resume(): void;
}

/** A private Redis on a random port with AOF on, as production runs it; its data is removed with it. */
export async function startTestRedis(): Promise<TestRedis> {
  const server = setUp.findRedisServer();
  if (server === null)
    throw new Error("No Redis server was found. Run `npm run pretest` once; it brings a private one.");
  const directory = await mkdtemp(join(tmpdir(), "tokenhub-redis-"));
  const port = await freePort();
  const url = `redis://127.0.0.1:${port}`;
  let child: ChildProcess | null = null;

  async function start(): Promise<void> {
    const options = {
      port,
      bind: "127.0.0.1",
      dir: directory,
      appendonly: "yes",
      appendfsync: "everysec",
      save: "",
      "maxmemory-policy": "noeviction",
    };
    const args = Object.entries(options).flatMap(([name, value]) => [`--${name}`, String(value)]);
    child = spawn(server?.command ?? "", args, { env: { ...process.env, ...server?.env }, stdio: "ignore" });
    await untilAnswering(url);
  }
  async function kill(): Promise<void> {
    const dying = child;
    child = null;
    if (dying === null || dying.exitCode !== null) return;
    const exited = once(dying, "exit");
    dying.kill("SIGKILL");
    await exited;
  }

  await start();
  return {
    url,
    port,
    start,
    kill,
    async startEmpty() {
      for (const name of await readdir(directory))
        await rm(join(directory, name), { recursive: true, force: true });
      await start();
    },
    pause: () => void child?.kill("SIGSTOP"),
    resume: () => void child?.kill("SIGCONT"),
    async [Symbol.asyncDispose]() {
      await kill();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

async function untilAnswering(url: string): Promise<void> {
  const client = new Redis(url, { retryStrategy: () => 20, maxRetriesPerRequest: 200 });
  client.on("error", () => undefined);
  try {
    await client.ping();
  } finally {
    client.disconnect();
  }
}

/**
 * A port nobody listens on right now: below those that the system gives to outgoing connections, one of which would
 * otherwise take it now and then before it is used.
 */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = 15_000 + Math.floor(Math.random() * 17_000);
    const server = createServer();
    const isFree = await new Promise<boolean>((resolve) => {
      server.once("error", () => resolve(false));
      server.listen(port, "127.0.0.1", () => resolve(true));
    });
    if (!isFree) continue;
    server.close();
    await once(server, "close");
    return port;
  }
}
