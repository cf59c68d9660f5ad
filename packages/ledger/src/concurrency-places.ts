import type { Keyspace } from "@tokenhub/contracts";
import type { Redis } from "ioredis";
import { loadRedisScript } from "./redis-script.ts";

/** How many requests of one subject may run at once. */
export interface ConcurrencyLimit {
  /** Requests of one subject count together. */
  readonly subject: string;
  readonly atOnce: number;
}

/** Places for running requests that all gateways draw from together. A place whose lease is not renewed is free again. */
export interface ConcurrencyPlaces {
  /** Takes a place of every limit, or none at all; gives the limit that has none left, null when all were taken. */
  take(limits: readonly ConcurrencyLimit[], place: PlaceLease): Promise<ConcurrencyLimit | null>;
  /** Extends the leases of places of one subject; one that Redis has lost is there again. */
  renew(
    subject: string,
    places: { readonly ids: readonly string[]; readonly leaseMs: number },
  ): Promise<void>;
  free(subjects: readonly string[], id: string): Promise<void>;
}

interface PlaceLease {
  /** The same id takes the same place again. */
  readonly id: string;
  readonly leaseMs: number;
}

const takePlace = loadRedisScript("take-place");
const unlimited = -1;

/** Places in Redis: one script call per request, exact over any number of gateways. */
export function createConcurrencyPlaces({
  redis,
  keyspace,
}: {
  readonly redis: Redis;
  readonly keyspace: Pick<Keyspace, "rateBucket">;
}): ConcurrencyPlaces {
  const keyOf = (subject: string): string => keyspace.rateBucket(`at-once:${subject}`);
  return {
    async take(limits, { id, leaseMs }) {
      const keys = limits.map(({ subject }) => keyOf(subject));
      const args = [leaseMs, ...limits.map(({ atOnce }) => atOnce), id];
      const refusing = Number(await takePlace.run(redis, keys, args));
      return limits[refusing - 1] ?? null;
    },
    async renew(subject, { ids, leaseMs }) {
      if (ids.length > 0) await takePlace.run(redis, [keyOf(subject)], [leaseMs, unlimited, ...ids]);
    },
    async free(subjects, id) {
      await Promise.all(subjects.map((subject) => redis.zrem(keyOf(subject), id)));
    },
  };
}
