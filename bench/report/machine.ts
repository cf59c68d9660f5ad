import { execFile } from "node:child_process";
import { closeSync, fdatasyncSync, openSync, writeSync } from "node:fs";
import { availableParallelism, cpus, release, totalmem, type } from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import { findRedisServer } from "../../scripts/redis-server-path.mjs";
import { distributionOf } from "../load/distribution.ts";

/** The machine without anything that tells whose it is. */
export interface Machine {
  readonly processor: string;
  readonly cores: number;
  readonly memoryGb: number;
  readonly system: string;
  /** Median time of fdatasync after an append of 1 KB: what `appendfsync always` pays for each batch of writes. */
  readonly diskSyncMs: number;
}

export interface Versions {
  readonly node: string;
  readonly redis: string | null;
  /** Short commit; `+changes` when files differ from it. */
  readonly tokenhub: string | null;
}

/** Describes this machine; `folder` is a folder on the disk that targets write to. */
export function describeMachine(folder: string): Machine {
  return {
    processor: cpus()[0]?.model ?? "unknown",
    cores: availableParallelism(),
    memoryGb: Math.round(totalmem() / 2 ** 30),
    system: `${type()} ${release().split("-")[0] ?? ""} ${process.arch}`,
    diskSyncMs: measureDiskSync(folder),
  };
}

function measureDiskSync(folder: string): number {
  const file = openSync(path.join(folder, "sync-test"), "a");
  const block = Buffer.alloc(1_024);
  try {
    const samples = Array.from({ length: 200 }, () => {
      writeSync(file, block);
      const startedAt = performance.now();
      fdatasyncSync(file);
      return performance.now() - startedAt;
    });
    return distributionOf(samples).p50;
  } finally {
    closeSync(file);
  }
}

/** Versions of what is measured; null where a tool cannot tell. */
export async function readVersions(root: string): Promise<Versions> {
  const redis = findRedisServer();
  const redisText =
    redis === null ? null : await output(redis.command, { args: ["--version"], env: redis.env, root });
  const commit = await output("git", { args: ["rev-parse", "--short", "HEAD"], env: {}, root });
  const changes = await output("git", {
    args: ["status", "--porcelain", "--", "apps", "packages", "package-lock.json"],
    env: {},
    root,
  });
  return {
    node: process.versions.node,
    redis: /v=(\S+)/.exec(redisText ?? "")?.[1] ?? null,
    tokenhub: commit === null ? null : `${commit}${changes === "" ? "" : "+changes"}`,
  };
}

interface OutputOptions {
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly root: string;
}

/** What a program prints; null when it cannot be run. */
async function output(command: string, { args, env, root }: OutputOptions): Promise<string | null> {
  try {
    const { stdout } = await promisify(execFile)(command, args, {
      cwd: root,
      env: { ...process.env, ...env },
      timeout: 10_000,
    });
    return stdout.trim();
  } catch {
    // Not a git checkout, or a tool that is not there: the report says so.
    return null;
  }
}
