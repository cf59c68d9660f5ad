import { randomBytes } from "node:crypto";
import { readFileSync, readlinkSync } from "node:fs";
import path from "node:path";
import type { Environment } from "@tokenhub/config";
import { findRedisServer } from "../redis-server-path.mjs";
import { findFreePort } from "./free-port.ts";
import { openRedis } from "./redis-connection.ts";
import type { FsyncMode } from "./read-settings.ts";
import { StartError } from "./start-error.ts";
import type { ProcessSpec } from "./supervise-process.ts";

export interface PrivateRedisOptions {
  readonly dataFolder: string;
  readonly fsync: FsyncMode;
  readonly environment: Environment;
}

export interface PrivateRedis {
  readonly spec: ProcessSpec;
  /** With the password; only for the environment of the services. */
  readonly url: string;
}

/**
 * A Redis of our own: on a free loopback port with a random password, every write on disk before it is acknowledged, never
 * evicting. Port and password stay the same when it is started again.
 * @throws StartError when no server program is found, or when one from an earlier start still uses the folder.
 */
export async function createPrivateRedis({
  dataFolder,
  fsync,
  environment,
}: PrivateRedisOptions): Promise<PrivateRedis> {
  const server = findRedisServer();
  if (server === null) {
    throw new StartError(
      "No Redis server was found: run `npm start`, which provides one, or set REDIS_URL to a running one.",
    );
  }
  const folder = path.join(dataFolder, "redis");
  assertNoLeftover(folder);
  const port = await findFreePort();
  const password = randomBytes(24).toString("hex");
  const input = redisConfiguration({ folder, port, password, fsync });
  const url = `redis://:${password}@127.0.0.1:${port}`;
  return {
    url,
    spec: {
      name: "redis",
      kind: "store",
      startAttempts: 1,
      prepare: async () => ({
        command: server.command,
        arguments: ["-"],
        environment: { ...environment, ...server.env },
        workingFolder: folder,
        // Through standard input, so that the password is in no file and in no process list.
        input,
        isReady: () => answersPing(url),
      }),
    },
  };
}

interface RedisConfigurationOptions {
  readonly folder: string;
  readonly port: number;
  readonly password: string;
  readonly fsync: FsyncMode;
}

function redisConfiguration({ folder, port, password, fsync }: RedisConfigurationOptions): string {
  return [
    "bind 127.0.0.1",
    `port ${port}`,
    `requirepass ${password}`,
    `dir ${quote(folder)}`,
    `pidfile ${quote(path.join(folder, "redis.pid"))}`,
    "appendonly yes",
    `appendfsync ${fsync}`,
    'save ""',
    "maxmemory-policy noeviction",
    "daemonize no",
    "",
  ].join("\n");
}

function quote(text: string): string {
  return `"${text.replace(/["\\]/g, "\\$&")}"`;
}

async function answersPing(url: string): Promise<boolean> {
  try {
    using connection = await openRedis(new URL(url), { timeoutMs: 1_000 });
    return (await connection.send(["PING"])) === "PONG";
  } catch {
    // Not listening yet, or still loading its log: the caller asks again.
    return false;
  }
}

/** Two servers on one append-only log would destroy it. */
function assertNoLeftover(folder: string): void {
  let pid: number;
  try {
    pid = Number(readFileSync(path.join(folder, "redis.pid"), "utf8"));
    if (readlinkSync(`/proc/${pid}/cwd`) !== folder) return;
  } catch {
    // No pid file, no such process, or a system without /proc: nothing is left over that could be found.
    return;
  }
  throw new StartError(
    `A Redis of an earlier start (process ${pid}) still uses ${folder}: stop it with \`kill ${pid}\` and start again.`,
  );
}
