import type { Keyspace } from "@tokenhub/contracts";
import type { Redis } from "ioredis";
import { loadRedisScript } from "./redis-script.ts";

/** Permits that all gateways draw from together. */
export interface RateBuckets {
  /** Takes one permit of a subject; gives the milliseconds to wait instead when there is none, else 0. */
  take(subject: string, limits: RateBucketLimits): Promise<number>;
}

export interface RateBucketLimits {
  /** Permits added per second; more than 0. */
  readonly requestsPerSecond: number;
  /** Permits a full bucket holds; at least 1. */
  readonly burst: number;
}

const takePermit = loadRedisScript("take-permit");

/** Buckets in Redis: one script call per request, exact over any number of gateways. */
export function createRateBuckets({
  redis,
  keyspace,
}: {
  readonly redis: Redis;
  readonly keyspace: Pick<Keyspace, "rateBucket">;
}): RateBuckets {
  return {
    async take(subject, { requestsPerSecond, burst }) {
      return Number(await takePermit.run(redis, [keyspace.rateBucket(subject)], [requestsPerSecond, burst]));
    },
  };
}
