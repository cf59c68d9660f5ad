import type { Redis } from "ioredis";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";

/** Every key and value below a prefix in Redis, as text. */
export async function dumpRedis(redis: Redis, prefix: string): Promise<string> {
  const keys: string[] = [];
  let cursor = "0";
  do {
    const [next, batch] = await redis.scan(cursor, "MATCH", `*${prefix}*`, "COUNT", 500);
    keys.push(...batch);
    cursor = next;
  } while (cursor !== "0");
  const values = await Promise.all(keys.map(async (key) => [key, await readValue(redis, key)]));
  return JSON.stringify(values);
}

async function readValue(redis: Redis, key: string): Promise<unknown> {
  switch (await redis.type(key)) {
    case "string":
      return redis.get(key);
    case "hash":
      return redis.hgetall(key);
    case "list":
      return redis.lrange(key, 0, -1);
    case "set":
      return redis.smembers(key);
    case "zset":
      return redis.zrange(key, "0", "-1");
    case "stream":
      return redis.xrange(key, "-", "+");
    default:
      return null;
  }
}

/** The bytes of the files in a folder, as text, by name. */
export async function dumpFiles(directory: string): Promise<Readonly<Record<string, string>>> {
  const names = await readdir(directory);
  const texts = await Promise.all(names.map((name) => readFile(join(directory, name), "latin1")));
  return Object.fromEntries(names.map((name, index) => [name, texts[index] ?? ""]));
}
