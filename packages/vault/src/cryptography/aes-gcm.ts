import { createCipheriv, createDecipheriv } from "node:crypto";
import type { RandomBytes } from "./random-bytes.ts";

const algorithm = "aes-256-gcm";
export const nonceBytes = 12;
export const tagBytes = 16;

export interface SealBytesInput {
  readonly plain: Uint8Array;
  /** Authenticated with the value: it opens only under the same associated data. */
  readonly associatedData: Uint8Array;
  readonly random: RandomBytes;
}

/** AES-256-GCM with a fresh 96-bit nonce: nonce, ciphertext and 128-bit tag in one buffer. */
export function sealBytes(key: Uint8Array, { plain, associatedData, random }: SealBytesInput): Buffer {
  const nonce = random(nonceBytes);
  const cipher = createCipheriv(algorithm, key, nonce, { authTagLength: tagBytes });
  cipher.setAAD(associatedData);
  return Buffer.concat([nonce, cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
}

export interface OpenBytesInput {
  /** Nonce, ciphertext and tag. */
  readonly sealed: Buffer;
  readonly associatedData: Uint8Array;
}

/** The plain bytes, which the caller zeroes; null when the key is another or anything was changed. */
export function openBytes(key: Uint8Array, { sealed, associatedData }: OpenBytesInput): Buffer | null {
  if (sealed.length < nonceBytes + tagBytes) return null;
  const decipher = createDecipheriv(algorithm, key, sealed.subarray(0, nonceBytes), {
    authTagLength: tagBytes,
  });
  decipher.setAAD(associatedData);
  decipher.setAuthTag(sealed.subarray(-tagBytes));
  const plain = decipher.update(sealed.subarray(nonceBytes, -tagBytes));
  try {
    decipher.final();
    return plain;
  } catch {
    // OpenSSL reports a wrong tag by throwing; the unauthenticated bytes must not get out.
    plain.fill(0);
    return null;
  }
}
