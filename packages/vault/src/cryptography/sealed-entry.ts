import { VaultError } from "../vault-error.ts";
import { openBytes, sealBytes } from "./aes-gcm.ts";
import { associatedDataOf } from "./associated-data.ts";
import type { DataKey } from "./data-key.ts";
import type { RandomBytes } from "./random-bytes.ts";
import { decodeBase64url, encodeBase64url } from "./strict-base64.ts";

const sealedPattern = /^v1\.(dk_[0-9a-f]{16})\.([A-Za-z0-9_-]+)$/;

/** `v1.<id of the data key>.<base64url of nonce, ciphertext and tag>`; bound to the vault, the data key and the name. */
export function sealEntry(
  dataKey: DataKey,
  {
    name,
    value,
    random,
  }: { readonly name: string; readonly value: Uint8Array; readonly random: RandomBytes },
): string {
  const sealed = sealBytes(dataKey.secret.bytes, {
    plain: value,
    associatedData: entryData(dataKey, name),
    random,
  });
  return `v1.${dataKey.id}.${encodeBase64url(sealed)}`;
}

/** Id of the data key that a sealed text names; null when it is no sealed text. Nothing is verified. */
export function sealedUnder(sealed: string): string | null {
  return sealedPattern.exec(sealed)?.[1] ?? null;
}

/**
 * The value of a sealed entry, which the caller zeroes. Needs no password derivation: a few microseconds.
 *
 * @throws VaultError `tampered` when a byte was changed, the text belongs to another name, vault or data key
 */
export function openSealedEntry(
  dataKey: DataKey,
  { name, sealed }: { readonly name: string; readonly sealed: string },
): Buffer {
  const [, dataKeyId, text = ""] = sealedPattern.exec(sealed) ?? [];
  const bytes = dataKeyId === dataKey.id ? decodeBase64url(text) : null;
  const value =
    bytes && openBytes(dataKey.secret.bytes, { sealed: bytes, associatedData: entryData(dataKey, name) });
  if (value === null) {
    throw new VaultError("tampered", "A sealed value was changed, or belongs to another entry or data key.");
  }
  return value;
}

function entryData({ vaultId, id }: DataKey, name: string): Buffer {
  return associatedDataOf("tokenhub-vault-entry", [1, vaultId, name, id]);
}
