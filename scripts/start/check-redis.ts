import { openRedis, RedisReplyError } from "./redis-connection.ts";
import { StartError } from "./start-error.ts";

/**
 * Checks the Redis of REDIS_URL: it must answer, and it must never evict, because what is evicted is an accepted request.
 * Returns warnings (one sentence each). No message names the password.
 * @throws StartError
 */
export async function checkRedis(
  redisUrl: string,
  { timeoutMs = 3_000 }: { timeoutMs?: number } = {},
): Promise<string[]> {
  const url = parseRedisUrl(redisUrl);
  const place = `${url.hostname}:${url.port === "" ? "6379" : url.port}`;
  try {
    using connection = await openRedis(url, { timeoutMs });
    await connection.send(["PING"]);
    const information = await connection.send(["INFO", "memory"]).catch((error: unknown) => {
      if (error instanceof RedisReplyError) return null;
      throw error;
    });
    return judgePolicy({ place, information });
  } catch (error) {
    if (error instanceof StartError) throw error;
    throw new StartError(explain({ place, error }));
  }
}

function parseRedisUrl(text: string): URL {
  const url = URL.parse(text);
  if (url === null || (url.protocol !== "redis:" && url.protocol !== "rediss:") || url.hostname === "") {
    throw new StartError("REDIS_URL must look like redis://host:6379 or rediss://user:password@host:6379.");
  }
  return url;
}

function judgePolicy({ place, information }: { place: string; information: string | null }): string[] {
  const policy = /maxmemory_policy:([a-z-]+)/.exec(information ?? "")?.[1];
  if (policy === undefined) {
    return [
      `The Redis at ${place} does not tell its maxmemory-policy: make sure that it is noeviction, else it may drop accepted requests.`,
    ];
  }
  if (policy === "noeviction") return [];
  throw new StartError(
    `The Redis at ${place} (REDIS_URL) has maxmemory-policy ${policy} and may drop accepted requests: set it to noeviction, for example with \`redis-cli CONFIG SET maxmemory-policy noeviction\`.`,
  );
}

function explain({ place, error }: { place: string; error: unknown }): string {
  if (error instanceof RedisReplyError) {
    const code = error.message.split(" ")[0];
    if (code === "NOAUTH")
      return `The Redis at ${place} asks for a password: put it into REDIS_URL (redis://:password@${place}).`;
    if (code === "WRONGPASS" || code === "ERR")
      return `The Redis at ${place} refuses the user name or password in REDIS_URL.`;
    return `The Redis at ${place} (REDIS_URL) is not usable now: it answered ${code}.`;
  }
  const code = error instanceof Error ? (Reflect.get(error, "code") ?? error.message) : "unknown error";
  return `The Redis at ${place} (REDIS_URL) cannot be reached (${String(code)}): start it, correct REDIS_URL, or unset REDIS_URL to use a private one.`;
}
