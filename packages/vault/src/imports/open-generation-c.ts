import { nonceBytes, tagBytes } from "../cryptography/aes-gcm.ts";
import { deriveKey } from "../cryptography/derive-key.ts";
import type { OpenedEntry } from "./import-source.ts";
import { openGcmMap } from "./open-gcm-map.ts";
import type { SaltedMap } from "./salted-map.ts";

const generationCCost = { algorithm: "argon2id", passes: 3, memoryKiB: 65_536, lanes: 4 } as const;

/** Whether every entry is long enough for a nonce and a tag. */
export function mayBeGenerationC({ entries }: SaltedMap): boolean {
  return entries.every(({ sealed }) => sealed.length >= nonceBytes + tagBytes);
}

/**
 * Opens the vault of a generation C database: Argon2id with fixed cost, AES-256-GCM.
 *
 * @throws VaultError `wrong_password` or `tampered`
 */
export async function openGenerationC(
  { salt, entries }: SaltedMap,
  password: string,
): Promise<readonly OpenedEntry[]> {
  const key = await deriveKey(password, { cost: generationCCost, salt });
  try {
    return openGcmMap(entries, key);
  } finally {
    key.fill(0);
  }
}
