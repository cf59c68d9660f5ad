import { SecretBytes } from "../cryptography/secret-bytes.ts";
import { openSealedEntry, sealedUnder } from "../cryptography/sealed-entry.ts";
import { providerKeyName } from "../entry-name.ts";
import { VaultError } from "../vault-error.ts";
import { openLease } from "./key-lease.ts";

/** Where a worker finds what the gateway has published; both are sealed texts. */
export interface KeySource {
  /** The current lease; null while the vault is locked. */
  readLease(): Promise<string | null>;
  /** The sealed entry of that name; null when there is none. */
  readSealedEntry(name: string): Promise<string | null>;
}

/** `locked`: the vault is locked, or its key is being replaced just now; the call is to be tried again later. */
export type KeyLookup =
  | { readonly kind: "key"; readonly key: string }
  | { readonly kind: "locked" | "missing" };

/** The provider keys a worker has opened. They live until the lease expires, they are dropped, or the vault is locked. */
export interface KeyCache extends Disposable {
  /** @throws VaultError `tampered` when the lease or the entry was changed */
  find(providerId: string): Promise<KeyLookup>;
  /** Forgets one provider's key, because it was changed or deleted. */
  drop(providerId: string): void;
  /** Forgets every key, because the vault was locked. */
  forget(): void;
}

interface CachedKey {
  readonly secret: SecretBytes;
  readonly expiresAtMs: number;
}

/** How often a lookup starts anew when keys are dropped while it reads, before it answers `locked`. */
const mostReads = 3;

export function createKeyCache({
  source,
  clusterSecret,
  now,
}: {
  readonly source: KeySource;
  /** 32 bytes. */
  readonly clusterSecret: Buffer;
  readonly now: () => number;
}): KeyCache {
  const cached = new Map<string, CachedKey>();
  // Counts drops: what was read before one may be what was dropped, and must not be kept.
  let generation = 0;

  const drop = (providerId: string): void => {
    generation += 1;
    cached.get(providerId)?.secret[Symbol.dispose]();
    cached.delete(providerId);
  };
  const forget = (): void => {
    generation += 1;
    for (const { secret } of cached.values()) secret[Symbol.dispose]();
    cached.clear();
  };
  const keep = (providerId: string, key: CachedKey): string => {
    cached.get(providerId)?.secret[Symbol.dispose]();
    cached.set(providerId, key);
    return key.secret.bytes.toString("utf8");
  };
  const open = (
    name: string,
    { leaseText, sealed }: { readonly leaseText: string; readonly sealed: string },
  ): CachedKey | "other-data-key" => {
    using lease = openLease(leaseText, { clusterSecret, nowMs: now() });
    // The gateway publishes a new data key and the entries under it one after the other.
    if (sealedUnder(sealed) !== lease.dataKey.id) return "other-data-key";
    const secret = new SecretBytes(openSealedEntry(lease.dataKey, { name, sealed }));
    return { secret, expiresAtMs: lease.expiresAtMs };
  };
  const read = async (providerId: string): Promise<KeyLookup | "again"> => {
    const startedIn = generation;
    const name = providerKeyName(providerId);
    const [leaseText, sealed] = await Promise.all([source.readLease(), source.readSealedEntry(name)]);
    if (generation !== startedIn) return "again";
    if (leaseText === null) return { kind: "locked" };
    if (sealed === null) return { kind: "missing" };
    try {
      const key = open(name, { leaseText, sealed });
      return key === "other-data-key" ? "again" : { kind: "key", key: keep(providerId, key) };
    } catch (error) {
      // The gateway did not renew its lease: the vault is locked, or no gateway is there.
      if (error instanceof VaultError && error.code === "vault_locked") return { kind: "locked" };
      throw error;
    }
  };

  return {
    async find(providerId) {
      const known = cached.get(providerId);
      if (known !== undefined && now() < known.expiresAtMs) {
        return { kind: "key", key: known.secret.bytes.toString("utf8") };
      }
      if (known !== undefined) drop(providerId);
      for (let reads = 0; reads < mostReads; reads += 1) {
        const lookup = await read(providerId);
        if (lookup !== "again") return lookup;
      }
      return { kind: "locked" };
    },
    drop,
    forget,
    [Symbol.dispose]: forget,
  };
}
