import type { DataKey } from "./cryptography/data-key.ts";
import type { RandomBytes } from "./cryptography/random-bytes.ts";
import { openSealedEntry, sealedUnder, sealEntry } from "./cryptography/sealed-entry.ts";
import { VaultError } from "./vault-error.ts";
import type { StoredEntry } from "./vault-store.ts";

export interface NewValue {
  readonly name: string;
  readonly value: Buffer;
  /** The entry of that name so far. */
  readonly before: StoredEntry | undefined;
  readonly nowMs: number;
  readonly random: RandomBytes;
}

/** The next version of an entry. */
export function sealStoredEntry(
  dataKey: DataKey,
  { name, value, before, nowMs, random }: NewValue,
): StoredEntry {
  return {
    name,
    dataKeyId: dataKey.id,
    sealed: sealEntry(dataKey, { name, value, random }),
    version: (before?.version ?? 0) + 1,
    updatedAtMs: nowMs,
  };
}

/** The value, which the caller zeroes. @throws VaultError `tampered` */
export function openStoredEntry(dataKey: DataKey, entry: StoredEntry): Buffer {
  if (entry.dataKeyId !== sealedUnder(entry.sealed)) {
    throw new VaultError("tampered", "A sealed value was changed, or belongs to another entry or data key.");
  }
  return openSealedEntry(dataKey, entry);
}

/** The same entry, with the same version, under another data key. @throws VaultError `tampered` */
export function resealStoredEntry(
  entry: StoredEntry,
  { from, to, random }: { readonly from: DataKey; readonly to: DataKey; readonly random: RandomBytes },
): StoredEntry {
  const value = openStoredEntry(from, entry);
  const sealed = sealEntry(to, { name: entry.name, value, random });
  value.fill(0);
  return { ...entry, dataKeyId: to.id, sealed };
}

/** @throws VaultError `secret_not_found` */
export function findStoredEntry(entries: readonly StoredEntry[], name: string): StoredEntry {
  const entry = entries.find((candidate) => candidate.name === name);
  if (entry === undefined) throw new VaultError("secret_not_found", "The vault has no entry of that name.");
  return entry;
}
