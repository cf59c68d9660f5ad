export { attemptPolicy } from "./attempt-gate.ts";
export { createVault, defaultAutoLockMs, type VaultOptions } from "./create-vault.ts";
export type { DataKey } from "./cryptography/data-key.ts";
export {
  defaultArgon2idCost,
  defaultScryptCost,
  type DerivationCost,
} from "./cryptography/derivation-cost.ts";
export { generateEncryptionKey, parseEncryptionKey } from "./cryptography/encryption-key.ts";
export type { RandomBytes } from "./cryptography/random-bytes.ts";
export { openSealedEntry } from "./cryptography/sealed-entry.ts";
export { isEntryName, providerKeyName, secretName } from "./entry-name.ts";
export type { ImportOptions } from "./import-entries.ts";
export { importFormats, type ImportCredential, type ImportFormat } from "./imports/import-source.ts";
export type { UnlockedBy } from "./key-custody.ts";
export { createKeyCache, type KeyCache, type KeyLookup, type KeySource } from "./lease/key-cache.ts";
export { formatKeyNotice, readKeyNotice, type KeyNotice } from "./lease/key-notice.ts";
export {
  openLease,
  sealLease,
  type LeaseHeader,
  type OpenLease,
  type SealedLease,
} from "./lease/key-lease.ts";
export { toTokenHubError } from "./to-token-hub-error.ts";
export type {
  ImportResult,
  LockReason,
  SealedEntry,
  UnlockOptions,
  Vault,
  VaultEvent,
  VaultState,
  WriteOptions,
} from "./vault.ts";
export { VaultError, vaultErrorCodes, type VaultErrorCode, type VaultErrorOptions } from "./vault-error.ts";
export type { VaultExport } from "./vault-export.ts";
export type { StoredEntry, VaultContent, VaultRecord, VaultStore } from "./vault-store.ts";
