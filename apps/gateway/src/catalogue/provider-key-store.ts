import { TokenHubError } from "@tokenhub/contracts";
import type { Database } from "@tokenhub/persistence";

/** A change of the database that a key's change is part of. It must use this transaction only, and may be run again. */
export type ChangeAlongside<Outcome> = (transaction: Database["db"]) => Promise<Outcome>;

/** Sealed keys of providers. */
export interface ProviderKeyStore {
  /** Which of the providers have a sealed key; answers while the vault is locked too. */
  havingKey(providerIds: readonly string[]): Promise<ReadonlySet<string>>;
  /** Null: none is sealed. @throws TokenHubError `vault_locked`, `vault_uninitialised` */
  read(providerId: string): Promise<string | null>;
  /**
   * Seals a key and makes the change, in one transaction: both are done or neither.
   * @throws TokenHubError `vault_locked`, `vault_uninitialised`, `vault_disabled`, and whatever the change throws.
   */
  set<Outcome>(
    providerId: string,
    what: { readonly key: string; readonly alongside: ChangeAlongside<Outcome> },
  ): Promise<Outcome>;
  /** Deletes the key, if there is one, and makes the change, in one transaction; works on a locked vault too. */
  remove<Outcome>(
    providerId: string,
    what: { readonly alongside: ChangeAlongside<Outcome> },
  ): Promise<Outcome>;
}

/** For installations without a vault: keys come from the environment or the configuration only. */
export function createDisabledKeyStore(db: Database["db"]): ProviderKeyStore {
  return {
    havingKey: async () => new Set(),
    read: async () => null,
    async set() {
      throw new TokenHubError(
        "vault_disabled",
        "This installation has no vault to keep the key in. Set TOKENHUB_VAULT_ENABLED=true, or give the key in an environment variable.",
        { param: "api_key" },
      );
    },
    remove: (_providerId, { alongside }) => db.transaction().execute(alongside),
  };
}
