import { argon2Sync, createCipheriv, pbkdf2Sync, randomBytes } from "node:crypto";

/** The values of an older vault by their names there. */
export type Values = Readonly<Record<string, string>>;

/** An export as generation A wrote it, made without any code of ours. */
export function exportGenerationA(values: Values, oldPassword: string): { salt: string; data: Values } {
  const salt = randomBytes(16);
  const key = pbkdf2Sync(oldPassword, salt, 100_000, 32, "sha256");
  const data = mapValues(values, (value) => {
    const iv = randomBytes(16);
    const cipher = createCipheriv("aes-256-cbc", key, iv);
    return Buffer.concat([iv, cipher.update(value, "utf8"), cipher.final()]).toString("base64");
  });
  return { salt: salt.toString("base64"), data };
}

/** An export as generation B wrote it. */
export function exportGenerationB(values: Values, rawKeyHex: string): Values {
  return mapValues(values, (value) => sealGcm(Buffer.from(rawKeyHex, "hex"), value));
}

/** The vault's row in a database of generation C. */
export function exportGenerationC(values: Values, oldPassword: string): { salt: string; data: string } {
  const salt = randomBytes(16);
  const key = argon2Sync("argon2id", {
    message: oldPassword,
    nonce: salt,
    parallelism: 4,
    tagLength: 32,
    memory: 65_536,
    passes: 3,
  });
  const data = JSON.stringify(mapValues(values, (value) => sealGcm(key, value)));
  return { salt: salt.toString("base64"), data };
}

function sealGcm(key: Buffer, value: string): string {
  const nonce = randomBytes(12);
  const cipher = createCipheriv("aes-256-gcm", key, nonce);
  return Buffer.concat([nonce, cipher.update(value, "utf8"), cipher.final(), cipher.getAuthTag()]).toString(
    "base64",
  );
}

function mapValues(values: Values, map: (value: string) => string): Values {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, map(value)]));
}
