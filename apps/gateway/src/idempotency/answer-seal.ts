import { createCipheriv, createDecipheriv, hkdfSync } from "node:crypto";

/** Closes kept answers, some of which show a secret once, to whoever can read the database. */
export interface AnswerSeal {
  /** `v1.<base64url>` of nonce, ciphertext and tag of AES-256-GCM. */
  seal(text: string): string;
  /** Null when it was sealed with another cluster secret, or anything of it was changed. */
  open(sealed: string): string | null;
}

const algorithm = "aes-256-gcm";
const version = "v1";
const purpose = "idempotency";
const keyBytes = 32;
const nonceBytes = 12;
const tagBytes = 16;

export function createAnswerSeal({
  clusterSecret,
  random,
}: {
  readonly clusterSecret: Buffer;
  readonly random: (size: number) => Buffer;
}): AnswerSeal {
  const key = Buffer.from(hkdfSync("sha256", clusterSecret, Buffer.alloc(0), purpose, keyBytes));
  const options = { authTagLength: tagBytes };
  return {
    seal(text) {
      const nonce = random(nonceBytes);
      const cipher = createCipheriv(algorithm, key, nonce, options);
      const sealed = [nonce, cipher.update(text, "utf8"), cipher.final(), cipher.getAuthTag()];
      return `${version}.${Buffer.concat(sealed).toString("base64url")}`;
    },
    open(sealed) {
      const [, encoded] = /^v1\.([\w-]+)$/.exec(sealed) ?? [];
      const bytes = Buffer.from(encoded ?? "", "base64url");
      if (bytes.length < nonceBytes + tagBytes) return null;
      const decipher = createDecipheriv(algorithm, key, bytes.subarray(0, nonceBytes), options);
      decipher.setAuthTag(bytes.subarray(-tagBytes));
      try {
        const plain = [decipher.update(bytes.subarray(nonceBytes, -tagBytes)), decipher.final()];
        return Buffer.concat(plain).toString("utf8");
      } catch {
        // OpenSSL reports a wrong tag by throwing.
        return null;
      }
    },
  };
}
