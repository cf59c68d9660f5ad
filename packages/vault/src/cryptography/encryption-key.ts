import { VaultError } from "../vault-error.ts";
import { systemRandomBytes, type RandomBytes } from "./random-bytes.ts";

/** A new 32-byte key as 64 hex characters, as `TOKENHUB_ENCRYPTION_KEY` and the cluster secret take it. */
export function generateEncryptionKey(random: RandomBytes = systemRandomBytes): string {
  return random(32).toString("hex");
}

/**
 * The 32 bytes of a key in hex; the caller wipes them.
 *
 * @throws VaultError `invalid_key`; never a silent replacement, which would make stored data unreadable
 */
export function parseEncryptionKey(text: string): Buffer {
  if (!/^[0-9a-fA-F]{64}$/.test(text)) {
    throw new VaultError("invalid_key", "An encryption key is 64 hexadecimal characters (32 bytes).");
  }
  return Buffer.from(text, "hex");
}
