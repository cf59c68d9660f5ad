import { decodeBase64 } from "../cryptography/strict-base64.ts";
import { VaultError } from "../vault-error.ts";
import { fieldsOf, parseSource, readSealedMap, type SealedMap } from "./import-source.ts";

/** The form generations A and C share: `{ salt, data: { name: ciphertext } }`, all in Base64. */
export interface SaltedMap {
  readonly salt: Buffer;
  readonly entries: SealedMap;
}

/**
 * Null when a value is not of that form at all. `data` may be the map or, as in the databases, its JSON text.
 *
 * @throws VaultError `invalid_import` when a part of it is damaged
 */
export function readSaltedMap(value: unknown): SaltedMap | null {
  const fields = fieldsOf(value);
  const [saltText, data] = [fields.get("salt"), fields.get("data")];
  if (typeof saltText !== "string" || data === undefined) return null;
  const salt = decodeBase64(saltText);
  if (salt?.length !== 16)
    throw new VaultError("invalid_import", "The salt of the import is not 16 bytes in Base64.");
  return { salt, entries: readSealedMap(parseSource(data), decodeBase64) };
}
