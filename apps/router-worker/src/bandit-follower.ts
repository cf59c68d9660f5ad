import { banditSnapshotSchema, type Keyspace } from "@tokenhub/contracts";
import { indexArms, noArms, type ArmIndex } from "@tokenhub/routing";
import type { Redis } from "ioredis";

/** Age from which on beliefs are read again, and age from which on a decision waits for that. */
const freshMs = 5_000;
const staleMs = 60_000;

export interface BanditFollower {
  /** What is believed about the models; read from Redis only while somebody asks. */
  readonly arms: () => Promise<ArmIndex>;
}

export interface BanditFollowerOptions {
  readonly reader: Pick<Redis, "get">;
  readonly keyspace: Pick<Keyspace, "bandit">;
  readonly now: () => number;
  readonly onError: (error: Error) => void;
}

/**
 * Follows the beliefs that the gateway publishes for `thompson`. They are at most about five seconds old while requests come
 * steadily; the first request after a pause waits for a new reading. A reading that fails leaves the beliefs as they were:
 * old ones are better than none, and none is the prior.
 */
export function createBanditFollower({
  reader,
  keyspace,
  now,
  onError,
}: BanditFollowerOptions): BanditFollower {
  let arms: ArmIndex = noArms;
  let knownText: string | null = null;
  let readAtMs = -Infinity;
  let reading: Promise<void> | null = null;

  const read = async (): Promise<void> => {
    try {
      const text = await reader.get(keyspace.bandit);
      if (text !== knownText) {
        arms = text === null ? noArms : indexArms(banditSnapshotSchema.parse(JSON.parse(text)));
        knownText = text;
      }
    } catch (error) {
      onError(error instanceof Error ? error : new Error(String(error)));
    } finally {
      readAtMs = now();
      reading = null;
    }
  };
  return {
    async arms() {
      const ageMs = now() - readAtMs;
      if (ageMs >= freshMs) reading ??= read();
      if (ageMs >= staleMs && reading !== null) await reading;
      return arms;
    },
  };
}
