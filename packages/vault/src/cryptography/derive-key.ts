import { argon2, scrypt } from "node:crypto";
import { memoryKiBOf, type DerivationCost } from "./derivation-cost.ts";
import type { KeyDerivation } from "./key-derivation.ts";

const keyBytes = 32;

/** The 32-byte key of a password, which the caller wipes. Works on a thread of its own: the event loop goes on. */
export async function deriveKey(password: string, { cost, salt }: KeyDerivation): Promise<Buffer> {
  const message = Buffer.from(password, "utf8");
  try {
    return cost.algorithm === "scrypt"
      ? await deriveByScrypt(message, { cost, salt })
      : await deriveByArgon2id(message, { cost, salt });
  } finally {
    message.fill(0);
  }
}

function deriveByArgon2id(
  message: Buffer,
  { cost, salt }: { cost: Extract<DerivationCost, { algorithm: "argon2id" }>; salt: Buffer },
): Promise<Buffer> {
  const parameters = {
    message,
    nonce: salt,
    parallelism: cost.lanes,
    tagLength: keyBytes,
    memory: cost.memoryKiB,
    passes: cost.passes,
  };
  return new Promise((resolve, reject) => {
    argon2("argon2id", parameters, (error, key) => (error === null ? resolve(key) : reject(error)));
  });
}

function deriveByScrypt(
  message: Buffer,
  { cost, salt }: { cost: Extract<DerivationCost, { algorithm: "scrypt" }>; salt: Buffer },
): Promise<Buffer> {
  const options = {
    N: 2 ** cost.logN,
    r: cost.blockSize,
    p: cost.lanes,
    // Node's limit counts some working space on top of the 128 * N * r bytes of the algorithm.
    maxmem: 2 * memoryKiBOf(cost) * 1024 + 1_048_576,
  };
  return new Promise((resolve, reject) => {
    scrypt(message, salt, keyBytes, options, (error, key) => (error === null ? resolve(key) : reject(error)));
  });
}
