import type { Metrics } from "@tokenhub/telemetry";

/** `hit`: kept; `shared`: fetched by an identical request at the same time; `miss`: the request made its own call. */
type CacheLookup = "hit" | "shared" | "miss";
/** What became of the answer of a call that was made for the cache. */
type CacheEnding = "stored" | "too_large" | "not_kept";

export interface CacheEvents {
  lookedUp(outcome: CacheLookup): void;
  ended(outcome: CacheEnding): void;
  readonly redisTrouble: (error: unknown) => void;
}

export function createCacheEvents(
  metrics: Metrics,
  { redisTrouble }: Pick<CacheEvents, "redisTrouble">,
): CacheEvents {
  const lookups = metrics.counter({
    name: "tokenhub_cache_lookups_total",
    help: "Requests that use the response cache, by where their answer came from: `hit`, `shared` (fetched by an identical request at the same time), `miss`.",
    labels: { outcome: ["hit", "shared", "miss"] },
  });
  const endings = metrics.counter({
    name: "tokenhub_cache_answers_total",
    help: "Answers fetched for the response cache, by what became of them: `stored`, `too_large`, `not_kept`.",
    labels: { outcome: ["stored", "too_large", "not_kept"] },
  });
  return {
    lookedUp: (outcome) => lookups.add({ outcome }),
    ended: (outcome) => endings.add({ outcome }),
    redisTrouble,
  };
}
