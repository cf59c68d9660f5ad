import { createCipheriv, createDecipheriv, hkdfSync } from "node:crypto";
import type { RandomBytes } from "./webhook-secret.ts";

const algorithm = "aes-256-gcm";
const version = "v1";
const keyBytes = 32;
const nonceBytes = 12;
const tagBytes = 16;
const purpose = "webhook";

export interface SealWebhookSecretOptions {
  /** The 32 bytes that gateways share with their workers. */
  readonly clusterSecret: Buffer;
  readonly random: RandomBytes;
}

/** A signing secret as it is stored and sent to workers: `v1.<base64url>` of nonce, ciphertext and tag of AES-256-GCM. */
export function sealWebhookSecret(
  secret: string,
  { clusterSecret, random }: SealWebhookSecretOptions,
): string {
  const nonce = random(nonceBytes);
  const cipher = createCipheriv(algorithm, sealingKey(clusterSecret), nonce, { authTagLength: tagBytes });
  cipher.setAAD(Buffer.from(version));
  const sealed = [nonce, cipher.update(secret, "utf8"), cipher.final(), cipher.getAuthTag()];
  return `${version}.${Buffer.concat(sealed).toString("base64url")}`;
}

/** The signing secret; null when it was sealed with another cluster secret, or anything of it was changed. */
export function openWebhookSecret(sealed: string, clusterSecret: Buffer): string | null {
  const [, encoded] = /^v1\.([\w-]+)$/.exec(sealed) ?? [];
  const bytes = Buffer.from(encoded ?? "", "base64url");
  if (bytes.length < nonceBytes + tagBytes) return null;
  const nonce = bytes.subarray(0, nonceBytes);
  const decipher = createDecipheriv(algorithm, sealingKey(clusterSecret), nonce, { authTagLength: tagBytes });
  decipher.setAAD(Buffer.from(version));
  decipher.setAuthTag(bytes.subarray(-tagBytes));
  try {
    const plain = [decipher.update(bytes.subarray(nonceBytes, -tagBytes)), decipher.final()];
    return Buffer.concat(plain).toString("utf8");
  } catch {
    // OpenSSL reports a wrong tag by throwing.
    return null;
  }
}

function sealingKey(clusterSecret: Buffer): Buffer {
  return Buffer.from(hkdfSync("sha256", clusterSecret, Buffer.alloc(0), purpose, keyBytes));
}
