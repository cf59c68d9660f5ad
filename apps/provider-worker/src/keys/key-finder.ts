import type { CatalogueProvider } from "@tokenhub/contracts";
import { providerKeyName, VaultError, type KeyCache, type KeyNotice, type KeySource } from "@tokenhub/vault";

/** `locked`: the key is in the vault only, and that is locked. `unreadable`: this worker cannot open what is in the vault. */
export type KeyAnswer =
  | { readonly kind: "key"; readonly key: string }
  | { readonly kind: "none" | "locked" | "unreadable" };

/** Where a worker gets a provider's key from: the vault first, then the configuration. */
export interface KeyFinder extends Disposable {
  find(provider: Pick<CatalogueProvider, "id" | "credentialSource">): Promise<KeyAnswer>;
  heed(notice: KeyNotice): void;
  /** Forgets everything: notices may have been lost. */
  forget(): void;
}

export interface KeyFinderOptions {
  readonly source: Pick<KeySource, "readSealedEntry">;
  /** Null: this worker has no cluster secret. */
  readonly cache: KeyCache | null;
  readonly keyOf: (providerId: string) => { reveal(): string } | null;
  /** A key of the vault was used; called once in a while. */
  readonly onUse: () => void;
  readonly onUnreadable: (providerId: string) => void;
  readonly now: () => number;
  readonly sleep: (durationMs: number) => Promise<void>;
}

/** How long a provider without a key in the vault is not asked for again; a notice ends it at once. */
const absentForMs = 5_000;
/** A lease that is just being replaced is there again by then. */
const secondLookAfterMs = 150;
const useNotedEveryMs = 1_000;

export function createKeyFinder(options: KeyFinderOptions): KeyFinder {
  const { source, cache, keyOf, onUse, onUnreadable, now, sleep } = options;
  const absentUntilMs = new Map<string, number>();
  let generation = 0;
  let useNotedAtMs = Number.NEGATIVE_INFINITY;

  const forget = (): void => {
    generation += 1;
    absentUntilMs.clear();
    cache?.forget();
  };

  async function findInVault(providerId: string): Promise<KeyAnswer> {
    const found = (await cache?.find(providerId)) ?? { kind: "locked" as const };
    if (found.kind === "key") return found;
    const isAbsent =
      found.kind === "missing" || (await source.readSealedEntry(providerKeyName(providerId))) === null;
    if (isAbsent) return { kind: "none" };
    return { kind: cache === null ? "unreadable" : "locked" };
  }

  async function askVault(providerId: string): Promise<KeyAnswer> {
    try {
      return await findInVault(providerId);
    } catch (error) {
      if (!(error instanceof VaultError)) throw error;
      return { kind: "unreadable" };
    }
  }

  async function fromVault(providerId: string): Promise<KeyAnswer> {
    if (now() < (absentUntilMs.get(providerId) ?? 0)) return { kind: "none" };
    const askedIn = generation;
    const answer = await askVault(providerId);
    if (answer.kind === "none" && generation === askedIn) absentUntilMs.set(providerId, now() + absentForMs);
    return answer;
  }

  function noteUse(): void {
    if (now() - useNotedAtMs < useNotedEveryMs) return;
    useNotedAtMs = now();
    onUse();
  }

  return {
    async find({ id, credentialSource }) {
      if (credentialSource === "none") return { kind: "none" };
      let answer = await fromVault(id);
      if (answer.kind === "unreadable") onUnreadable(id);
      if (answer.kind !== "key") {
        const configured = keyOf(id);
        if (configured !== null) return { kind: "key", key: configured.reveal() };
        if (answer.kind === "locked") {
          await sleep(secondLookAfterMs);
          answer = await fromVault(id);
        }
      }
      if (answer.kind === "key") noteUse();
      return answer;
    },
    heed(notice) {
      switch (notice.kind) {
        case "entry-changed": {
          generation += 1;
          const providerId = /^provider:(.+):api_key$/s.exec(notice.name)?.[1];
          if (providerId === undefined) return;
          absentUntilMs.delete(providerId);
          return cache?.drop(providerId);
        }
        case "keys-replaced":
        case "lease-ended":
        case "locked":
          return forget();
        case "unlocked":
          return;
      }
    },
    forget,
    [Symbol.dispose]: forget,
  };
}
