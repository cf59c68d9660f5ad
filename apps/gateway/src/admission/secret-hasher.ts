import { createHmac, createSecretKey, hkdfSync, timingSafeEqual } from "node:crypto";

/** Hashes of secrets that are random and long; passwords need a slow derivation instead. */
export interface SecretHasher {
  /** HMAC-SHA-256 under a key derived from the cluster secret, as 64 hexadecimal digits: what the database may hold. */
  hash(secret: string): string;
  /** Compares without telling by its time where two secrets differ or how long they are. */
  isEqual(presented: string, expected: string): boolean;
}

/** @param clusterSecret shared by all gateways, so that each knows the hashes of the others. */
export function createSecretHasher(clusterSecret: Buffer): SecretHasher {
  // As a key object it is prepared once; raw bytes would be imported again for every request, at six times the cost.
  const key = createSecretKey(
    Buffer.from(hkdfSync("sha256", clusterSecret, "", "tokenhub secret hash v1", 32)),
  );
  const digest = (secret: string): Buffer => createHmac("sha256", key).update(secret).digest();
  return {
    hash: (secret) => createHmac("sha256", key).update(secret).digest("hex"),
    isEqual: (presented, expected) => timingSafeEqual(digest(presented), digest(expected)),
  };
}
