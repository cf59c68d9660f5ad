import { createVaultRepository, transaction, type Database } from "@tokenhub/persistence";
import { TokenHubError } from "@tokenhub/contracts";
import { providerKeyName, toTokenHubError, VaultError, type Vault } from "@tokenhub/vault";
import type { ChangeAlongside, ProviderKeyStore } from "./provider-key-store.ts";

export interface VaultKeyStoreOptions {
  readonly vault: Pick<Vault, "get" | "set" | "delete" | "sealedEntries" | "isUnlocked">;
  readonly db: Database["db"];
  /** Waits until the workers have been told of what was changed. */
  readonly settled: () => Promise<void>;
  /** Unix milliseconds. */
  readonly now: () => number;
}

/** How often a deletion starts anew because somebody else wrote to the vault meanwhile. */
const mostDeletions = 10;

/** Provider keys in the vault. */
export function createVaultKeyStore({ vault, db, settled, now }: VaultKeyStoreOptions): ProviderKeyStore {
  const vaultRows = (begun: Database["db"]) => createVaultRepository(begun, { now });

  /** Deletes the sealed entry as it is: no key is needed for that. */
  async function removeSealed<Outcome>(name: string, alongside: ChangeAlongside<Outcome>): Promise<Outcome> {
    for (let deletions = 0; deletions < mostDeletions; deletions += 1) {
      const done = await transaction(db, async (begun) => {
        const stored = await vaultRows(begun).load();
        const isKept = stored?.entries.some((entry) => entry.name === name) ?? false;
        if (stored !== null && isKept && !(await vaultRows(begun).deleteEntry(stored.revision, name)))
          return null;
        return { outcome: await alongside(begun) };
      });
      if (done !== null) return done.outcome;
    }
    throw new TokenHubError("conflict", "Others are writing to the vault all the time; try again.");
  }

  return {
    async havingKey(providerIds) {
      try {
        const names = new Set((await vault.sealedEntries()).map(({ name }) => name));
        return new Set(providerIds.filter((id) => names.has(providerKeyName(id))));
      } catch (error) {
        if (error instanceof VaultError && error.code === "vault_uninitialised") return new Set();
        throw inOurTerms(error);
      }
    },
    async read(providerId) {
      try {
        return await vault.get(providerKeyName(providerId));
      } catch (error) {
        if (error instanceof VaultError && error.code === "secret_not_found") return null;
        throw inOurTerms(error);
      }
    },
    async set(providerId, { key, alongside }) {
      const inTransaction = runAlongside(alongside, db);
      try {
        await vault.set(providerKeyName(providerId), key, {
          store: {
            putEntry: (revision, entry) =>
              inTransaction.run((begun) => vaultRows(begun).putEntry(revision, entry)),
          },
        });
      } catch (error) {
        throw inOurTerms(error);
      }
      await settled();
      return inTransaction.outcome();
    },
    async remove(providerId, { alongside }) {
      const name = providerKeyName(providerId);
      // Through an unlocked vault, so that it tells the workers; the sealed entry itself when it is locked or not there.
      if (!vault.isUnlocked()) return removeSealed(name, alongside);
      const inTransaction = runAlongside(alongside, db);
      try {
        await vault.delete(name, {
          store: {
            deleteEntry: (revision, entryName) =>
              inTransaction.run((begun) => vaultRows(begun).deleteEntry(revision, entryName)),
          },
        });
      } catch (error) {
        const isElsewhere = error instanceof VaultError && sealedRemovalAfter.has(error.code);
        if (isElsewhere) return removeSealed(name, alongside);
        throw inOurTerms(error);
      }
      await settled();
      return inTransaction.outcome();
    },
  };
}

const sealedRemovalAfter: ReadonlySet<string> = new Set([
  "secret_not_found",
  "vault_locked",
  "vault_uninitialised",
]);

/** Runs a vault's write and the change in one transaction, and keeps the change's outcome. */
function runAlongside<Outcome>(alongside: ChangeAlongside<Outcome>, db: Database["db"]) {
  let done: { readonly outcome: Outcome } | null = null;
  return {
    run: async (write: (begun: Database["db"]) => Promise<boolean>): Promise<boolean> => {
      done = await transaction(db, async (begun) =>
        (await write(begun)) ? { outcome: await alongside(begun) } : null,
      );
      return done !== null;
    },
    outcome(): Outcome {
      if (done === null) throw new Error("The vault reported a write that it has not made");
      return done.outcome;
    },
  };
}

function inOurTerms(error: unknown): Error {
  if (error instanceof VaultError) return toTokenHubError(error);
  return error instanceof Error ? error : new Error(String(error));
}
