import type { Keyspace } from "@tokenhub/contracts";
import type { Redis } from "ioredis";
import { loadRedisScript } from "./redis-script.ts";

/** One state of the vault as workers may see it; all texts are sealed. */
export interface KeyPublication {
  /** Of the stored vault; 0 when there is none. */
  readonly revision: number;
  readonly entries: readonly { readonly name: string; readonly sealed: string }[];
  /** Null while the vault is locked: a lease that is there stays. */
  readonly lease: { readonly text: string; readonly ttlMs: number } | null;
  /** Replaces a later revision too, which a restored backup has behind it. */
  readonly force: boolean;
}

/** What Redis holds of the publication just now. */
export interface PublicationState {
  readonly isPublished: boolean;
  readonly hasLease: boolean;
  /** When a worker last used a key of the vault, as the worker wrote it; null when none did. */
  readonly lastUse: string | null;
}

/** The vault's sealed entries and its lease in Redis: written by gateways, read by provider workers. */
export interface PublishedKeys {
  /** False when a later state is published already. */
  publish(publication: KeyPublication): Promise<boolean>;
  /** Takes away the given lease, or any. False when the lease that is there is another one. */
  endLease(leaseText: string | null): Promise<boolean>;
  inspect(): Promise<PublicationState>;
  readLease(): Promise<string | null>;
  readSealedEntry(name: string): Promise<string | null>;
  noteUse(nowMs: number): Promise<void>;
}

/** A note older than this says nothing any more. */
const useTtlMs = 86_400_000;

const publishKeys = loadRedisScript("publish-keys");
const endLease = loadRedisScript("end-lease");

export function createPublishedKeys(redis: Redis, keyspace: Keyspace): PublishedKeys {
  const { vaultRevision, vaultEntries, vaultLease, vaultUse } = keyspace;
  return {
    async publish({ revision, entries, lease, force }) {
      const header = [revision, force ? "1" : "0", lease?.text ?? "", Math.max(1, lease?.ttlMs ?? 1)];
      const pairs = entries.flatMap(({ name, sealed }) => [name, sealed]);
      return (
        (await publishKeys.run(redis, [vaultRevision, vaultEntries, vaultLease], [...header, ...pairs])) === 1
      );
    },
    async endLease(leaseText) {
      return (await endLease.run(redis, [vaultLease], [leaseText ?? ""])) === 1;
    },
    async inspect() {
      const [revision, hasLease, lastUse] = await Promise.all([
        redis.exists(vaultRevision),
        redis.exists(vaultLease),
        redis.get(vaultUse),
      ]);
      return { isPublished: revision === 1, hasLease: hasLease === 1, lastUse };
    },
    readLease: () => redis.get(vaultLease),
    readSealedEntry: (name) => redis.hget(vaultEntries, name),
    async noteUse(nowMs) {
      await redis.set(vaultUse, String(nowMs), "PX", useTtlMs);
    },
  };
}
