import type { SealedLease } from "./lease/key-lease.ts";
import type { ImportFormat } from "./imports/import-source.ts";
import type { ImportOptions } from "./import-entries.ts";
import type { UnlockedBy } from "./key-custody.ts";
import type { VaultExport } from "./vault-export.ts";
import type { VaultStore } from "./vault-store.ts";

export type VaultState = "uninitialised" | "locked" | "unlocked";

/**
 * Why a vault was locked: on request, because nobody used it, because another gateway changed its password and then its
 * data key (or put another vault in its place), or because the process ends.
 */
export type LockReason = "request" | "idle" | "superseded" | "shutdown";

/** What happened, told at the moment it is so and in that order; a listener must neither throw nor wait. */
export type VaultEvent =
  | { readonly type: "vault-unlocked"; readonly unlockedBy: UnlockedBy }
  | { readonly type: "vault-locked"; readonly reason: LockReason }
  /** Leases and sealed entries that were published are out of date; by this gateway or by another one. */
  | { readonly type: "data-key-replaced"; readonly dataKeyId: string }
  | { readonly type: "entry-written"; readonly name: string; readonly version: number }
  | { readonly type: "entry-deleted"; readonly name: string };

/** A sealed entry as workers get it. */
export interface SealedEntry {
  readonly name: string;
  readonly sealed: string;
  readonly version: number;
}

export interface ImportResult {
  readonly format: ImportFormat;
  readonly imported: readonly string[];
  /** Entries that were there already and that the caller wanted to keep. */
  readonly kept: readonly string[];
}

/**
 * A sealed store of secrets. Operations that need the keys throw a VaultError `vault_locked` or `vault_uninitialised`
 * without them; all may throw `tampered` when the stored data were changed, `conflict` when other gateways write all
 * the time, and whatever the store throws. After an error of the store the write may or may not have been done; doing
 * the operation again is harmless.
 */
export interface Vault extends Disposable {
  isUnlocked(): boolean;
  state(): Promise<VaultState>;

  /** Makes a new vault and leaves it unlocked. @throws VaultError `conflict` when there is one, `password_too_short` */
  initialise(password: string, options: UnlockOptions): Promise<void>;
  /** @throws VaultError `wrong_password`, `password_too_short`, `too_many_attempts` */
  unlock(password: string, options: UnlockOptions): Promise<void>;
  /** Unlocks the vault, or makes it when there is none; for the start with a configured secret. */
  unlockOrInitialise(password: string, options: UnlockOptions): Promise<"unlocked" | "initialised">;
  /** Wipes the keys at once; an unlock under way is refused when it is done. Whether the vault was unlocked. */
  lock(): boolean;
  /** Puts the automatic lock off, as every use of the vault does. */
  touch(): void;
  /** Locks the vault when its time has come; whether it did. To be called once a minute. */
  checkIdle(): boolean;

  /** The value. @throws VaultError `secret_not_found` */
  get(name: string): Promise<string>;
  /** @throws VaultError `invalid_entry` */
  set(name: string, value: string, options?: WriteOptions<"putEntry">): Promise<void>;
  /** @throws VaultError `secret_not_found` */
  delete(name: string, options?: WriteOptions<"deleteEntry">): Promise<void>;
  /** Sorted names of the entries that begin with the prefix. */
  names(prefix?: string): Promise<readonly string[]>;

  /** Changes the password; the entries stay as they are. The old one is checked against the stored vault. */
  rotatePassword(change: { readonly oldPassword: string; readonly newPassword: string }): Promise<void>;
  /** Seals every entry anew, under a new data key; the password stays. All or nothing. */
  rotateDataKey(): Promise<void>;

  export(): Promise<VaultExport>;
  /** Takes over every entry of an export, sealed anew, or none. @throws see `openImport` */
  import(options: ImportOptions): Promise<ImportResult>;

  /**
   * The data key for the workers. The lease never outlives the automatic lock, and sealing one puts that lock off no
   * further: only use does.
   */
  sealLease(options: { readonly clusterSecret: Buffer; readonly ttlMs: number }): Promise<SealedLease>;
  /** Sealed entries to be handed to workers; needs no key, they are as unreadable as in the store. */
  sealedEntries(prefix?: string): Promise<readonly SealedEntry[]>;
}

export interface UnlockOptions {
  readonly by: UnlockedBy;
}

/** Does the write in place of the vault's own store, e.g. in one transaction with the provider and the audit row. */
export interface WriteOptions<Operation extends keyof VaultStore> {
  readonly store?: Pick<VaultStore, Operation>;
}
