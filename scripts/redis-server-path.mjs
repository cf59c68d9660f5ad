import { accessSync, constants, existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";

const defaultRoot = path.dirname(path.dirname(fileURLToPath(import.meta.url)));

/** Where set-up records which server it found or unpacked. */
export function redisServerRecordFile(root = defaultRoot) {
  return path.join(root, ".cache", "redis-server.json");
}

/**
 * How to start a Redis-compatible server on this machine: the one that set-up recorded, else `redis-server` or
 * `valkey-server` on PATH. `env` has to be added to the environment of the started process. Null when there is none.
 */
export function findRedisServer({ root = defaultRoot, searchPath = process.env.PATH ?? "" } = {}) {
  return readRecord(redisServerRecordFile(root)) ?? findOnPath(searchPath);
}

/** The first `redis-server` or `valkey-server` of a PATH; null when there is none. */
export function findOnPath(searchPath) {
  for (const folder of searchPath.split(path.delimiter)) {
    if (folder === "") continue;
    for (const name of ["redis-server", "valkey-server"]) {
      const command = path.join(folder, name);
      if (isExecutable(command)) return { command, env: {} };
    }
  }
  return null;
}

function readRecord(file) {
  if (!existsSync(file)) return null;
  let record;
  try {
    record = JSON.parse(readFileSync(file, "utf8"));
  } catch {
    // A record that was cut off while being written is no record; set-up writes a new one.
    return null;
  }
  if (typeof record?.command !== "string" || !isExecutable(record.command)) return null;
  return { command: record.command, env: record.env ?? {} };
}

function isExecutable(file) {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
