import { hkdfSync } from "node:crypto";

/** HKDF-SHA-256 (RFC 5869) without salt: an independent 32-byte key for one purpose. The caller wipes it. */
export function derivePurposeKey(key: Uint8Array, purpose: string): Buffer {
  return Buffer.from(hkdfSync("sha256", key, Buffer.alloc(0), purpose, 32));
}
