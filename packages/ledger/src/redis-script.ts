import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import type { Redis } from "ioredis";

/** A Lua script with its number of keys; arguments are sent as given, replies come back as Redis gives them. */
export interface RedisScript {
  run(redis: Redis, keys: readonly string[], args: readonly (string | number)[]): Promise<unknown>;
}

/**
 * Loads `scripts/<name>.lua`, with the shared functions named in `includes` in front of it. Runs by digest and sends the
 * text only when the server does not know it (first use, or after a restart of Redis).
 */
export function loadRedisScript(name: string, includes: readonly string[] = []): RedisScript {
  const text = [...includes, name]
    .map((file) => readFileSync(new URL(`./scripts/${file}.lua`, import.meta.url), "utf8"))
    .join("\n");
  // security-scan: weak-hash Redis names scripts by this hash, of texts that are ours
  const digest = createHash("sha1").update(text).digest("hex");
  return {
    async run(redis, keys, args) {
      try {
        return await redis.evalsha(digest, keys.length, ...keys, ...args);
      } catch (error) {
        if (!(error instanceof Error) || !error.message.startsWith("NOSCRIPT")) throw error;
        return redis.eval(text, keys.length, ...keys, ...args);
      }
    },
  };
}
