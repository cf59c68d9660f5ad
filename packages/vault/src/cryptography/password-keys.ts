import { timingSafeEqual } from "node:crypto";
import { VaultError } from "../vault-error.ts";
import { deriveKey } from "./derive-key.ts";
import { derivePurposeKey } from "./derive-purpose-key.ts";
import { parseKeyDerivation } from "./key-derivation.ts";
import { SecretBytes } from "./secret-bytes.ts";
import { decodeBase64url } from "./strict-base64.ts";
import type { VaultEnvelope } from "./vault-envelope.ts";

/** What a password yields together with a salt: a key that seals the data key, and a mark that proves the password. */
export interface PasswordKeys extends Disposable {
  readonly derivation: string;
  readonly sealingKey: SecretBytes;
  /** Public: it is stored, and gives nothing away that the sealed data key does not. */
  readonly verifier: Buffer;
}

/**
 * Derives the keys of a password. Takes as long as the cost says, on another thread.
 *
 * @param derivation PHC string
 * @throws VaultError `tampered` when the PHC string is not valid or asks for too much
 */
export async function derivePasswordKeys(password: string, derivation: string): Promise<PasswordKeys> {
  const parsed = parseKeyDerivation(derivation);
  if (parsed === null) {
    throw new VaultError(
      "tampered",
      "The vault's key derivation is damaged, or asks for too much memory or time.",
    );
  }
  const master = await deriveKey(password, parsed);
  const sealingKey = new SecretBytes(derivePurposeKey(master, "tokenhub/vault/data-key/v1"));
  const verifier = derivePurposeKey(master, "tokenhub/vault/verifier/v1");
  master.fill(0);
  return { derivation, sealingKey, verifier, [Symbol.dispose]: () => sealingKey[Symbol.dispose]() };
}

/** Whether the keys belong to the envelope, compared in constant time. */
export function matchesEnvelope(keys: PasswordKeys, envelope: VaultEnvelope): boolean {
  const stored = decodeBase64url(envelope.verifier);
  return (
    keys.derivation === envelope.derivation &&
    stored !== null &&
    stored.length === keys.verifier.length &&
    timingSafeEqual(stored, keys.verifier)
  );
}
