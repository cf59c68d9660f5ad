import { isUtf8 } from "node:buffer";
import { createDecipheriv, pbkdf2 } from "node:crypto";
import { openAll, type OpenedEntry } from "./import-source.ts";
import type { SaltedMap } from "./salted-map.ts";

const blockBytes = 16;

/** Whether every entry has the length of an IV and whole blocks, as AES-256-CBC leaves them. */
export function mayBeGenerationA({ entries }: SaltedMap): boolean {
  return entries.every(({ sealed }) => sealed.length >= 2 * blockBytes && sealed.length % blockBytes === 0);
}

/**
 * Opens a generation A export: PBKDF2-HMAC-SHA-256 with 100,000 iterations, AES-256-CBC, IV in front. That format has no
 * authentication: a wrong password is told by broken padding, or by a value that is not printable UTF-8.
 *
 * @throws VaultError `wrong_password` or `tampered`
 */
export async function openGenerationA(
  { salt, entries }: SaltedMap,
  password: string,
): Promise<readonly OpenedEntry[]> {
  const key = await new Promise<Buffer>((resolve, reject) => {
    pbkdf2(password, salt, 100_000, 32, "sha256", (error, derived) =>
      error === null ? resolve(derived) : reject(error),
    );
  });
  try {
    return openAll(entries, (sealed) => openBlocks(key, sealed));
  } finally {
    key.fill(0);
  }
}

function openBlocks(key: Buffer, sealed: Buffer): Buffer | null {
  if (sealed.length < 2 * blockBytes || sealed.length % blockBytes !== 0) return null;
  const decipher = createDecipheriv("aes-256-cbc", key, sealed.subarray(0, blockBytes));
  const start = decipher.update(sealed.subarray(blockBytes));
  try {
    const value = Buffer.concat([start, decipher.final()]);
    if (isPrintable(value)) return value;
    value.fill(0);
    return null;
  } catch {
    // OpenSSL reports broken padding by throwing: the password is another one.
    return null;
  } finally {
    start.fill(0);
  }
}

function isPrintable(value: Buffer): boolean {
  return (
    isUtf8(value) && value.every((byte) => byte >= 0x20 || byte === 0x09 || byte === 0x0a || byte === 0x0d)
  );
}
