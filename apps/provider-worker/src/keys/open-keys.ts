import type { Keyspace } from "@tokenhub/contracts";
import { createPublishedKeys } from "@tokenhub/ledger";
import { createLineLimiter, type Logger } from "@tokenhub/telemetry";
import { createKeyCache } from "@tokenhub/vault";
import type { Redis } from "ioredis";
import { setTimeout as sleep } from "node:timers/promises";
import { createKeyFinder, type KeyFinder, type KeyFinderOptions } from "./key-finder.ts";

export interface OpenKeysOptions {
  /** Null: the vault cannot be opened here. */
  readonly clusterSecret: Buffer | null;
  /** A configured key. */
  readonly keyOf: KeyFinderOptions["keyOf"];
  readonly redis: Redis;
  readonly keyspace: Keyspace;
  readonly logger: Logger;
  readonly now: () => number;
}

const linesPerMinute = 6;

/** The keys of this worker: what the gateways publish of the vault, then what is configured. */
export function openKeys({ clusterSecret, keyOf, redis, keyspace, logger, now }: OpenKeysOptions): KeyFinder {
  const source = createPublishedKeys(redis, keyspace);
  const limiter = createLineLimiter({ perMinute: linesPerMinute, now });
  if (clusterSecret === null) {
    logger.warn(
      "this worker has no cluster secret, so keys in the vault cannot be used, only configured ones; set TOKENHUB_CLUSTER_SECRET or TOKENHUB_CLUSTER_SECRET_FILE as for the gateways",
    );
  }
  return createKeyFinder({
    source,
    cache: clusterSecret === null ? null : createKeyCache({ source, clusterSecret, now }),
    keyOf,
    onUse: () =>
      void source
        .noteUse(now())
        .catch((error: unknown) => logger.warn({ err: error }, "Redis does not answer")),
    onUnreadable: (providerId) =>
      limiter.line((suppressed) =>
        logger.error(
          { providerId, suppressed },
          "the provider's key in the vault cannot be opened: this worker has another cluster secret than the gateway, or none",
        ),
      ),
    now,
    sleep: (durationMs) => sleep(durationMs),
  });
}
