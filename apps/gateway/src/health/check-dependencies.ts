import type { Redis } from "ioredis";

export interface Dependencies {
  readonly redis: Pick<Redis, "ping">;
  readonly database: { ping(): Promise<void> };
}

/** Asks each dependency for a sign of life, at most a second: null is reachable, a string says what is wrong. */
export async function checkDependencies({
  redis,
  database,
}: Dependencies): Promise<Record<string, string | null>> {
  const [redisFault, databaseFault] = await Promise.all([faultOf(redis.ping()), faultOf(database.ping())]);
  return { redis: redisFault, database: databaseFault };
}

const limitMs = 1_000;

async function faultOf(sign: Promise<unknown>): Promise<string | null> {
  let timer: NodeJS.Timeout | undefined;
  const tooLate = new Promise<string>((resolve) => {
    timer = setTimeout(() => resolve("no answer within a second"), limitMs);
  });
  try {
    return await Promise.race([sign.then(() => null), tooLate]);
  } catch {
    return "unreachable";
  } finally {
    clearTimeout(timer);
  }
}
