import { mkdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import path from "node:path";
import { findOnPath, findRedisServer, redisServerRecordFile } from "../redis-server-path.mjs";
import { checkRedisServer } from "./check-redis-server.mjs";
import { SetupError } from "./setup-error.mjs";
import { unpackDebianRedis } from "./unpack-debian-redis.mjs";

/**
 * Makes sure that a Redis-compatible server can be started, and records how. With REDIS_URL set there is nothing to do;
 * otherwise a server on PATH is taken, else a private copy of the distribution's package in `.cache/redis`.
 */
export async function ensureRedisServer({
  root,
  say,
  environment = process.env,
  unpack = unpackDebianRedis,
}) {
  if ((environment.REDIS_URL ?? "") !== "") return;
  // An empty PATH: only a record counts here, because a server on PATH has to pass the check below first.
  if (findRedisServer({ root, searchPath: "" }) !== null) return;

  const found = findOnPath(environment.PATH ?? "");
  if (found !== null) {
    const problem = await checkRedisServer(found);
    if (problem === null) return record({ root, server: found });
    say(`${found.command} is not usable (${problem}); looking for another one`);
  }
  const server = await makePrivateCopy({ root, say, unpack });
  record({ root, server });
  say(`Redis is ready: ${path.relative(root, server.command)}`);
}

async function makePrivateCopy({ root, say, unpack }) {
  const folder = path.join(root, ".cache", "redis");
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const unpacked = unpack({ folder, say });
  if (unpacked.server === null) throw new SetupError(`${unpacked.problem} ${whatToRun()}`);
  const problem = await checkRedisServer(unpacked.server);
  if (problem !== null) throw new SetupError(`The unpacked Redis does not run (${problem}). ${whatToRun()}`);
  return unpacked.server;
}

function record({ root, server }) {
  const file = redisServerRecordFile(root);
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, `${JSON.stringify(server, null, 2)}\n`);
}

/** One sentence with the command that provides a Redis on this kind of machine. */
export function whatToRun({ platform = process.platform, searchPath = process.env.PATH ?? "" } = {}) {
  const has = (name) => searchPath.split(path.delimiter).some((folder) => isFile(path.join(folder, name)));
  if (has("brew")) return "Run `brew install redis`, then run the command again.";
  const engine = ["docker", "podman"].find(has);
  if (engine !== undefined) {
    return `Run \`${engine} run -d -p 127.0.0.1:6379:6379 docker.io/library/redis:8-alpine redis-server --appendonly yes --maxmemory-policy noeviction\`, then run the command again with REDIS_URL=redis://127.0.0.1:6379.`;
  }
  if (platform === "win32")
    return "Start a Redis server (for example in WSL) and set REDIS_URL to it, then run the command again.";
  return "Install Redis 6.2 or newer so that `redis-server` is on PATH, or set REDIS_URL to a running one, then run the command again.";
}

function isFile(file) {
  return statSync(file, { throwIfNoEntry: false })?.isFile() === true;
}
