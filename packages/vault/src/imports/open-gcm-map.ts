import { openBytes } from "../cryptography/aes-gcm.ts";
import { openAll, type OpenedEntry, type SealedMap } from "./import-source.ts";

/**
 * Opens the entries of generations B and C: AES-256-GCM, 12-byte nonce in front, tag behind, no associated data.
 *
 * @throws VaultError `wrong_password` or `tampered`
 */
export function openGcmMap(entries: SealedMap, key: Buffer): readonly OpenedEntry[] {
  const associatedData = Buffer.alloc(0);
  return openAll(entries, (sealed) => openBytes(key, { sealed, associatedData }));
}
