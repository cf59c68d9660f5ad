import { createCipheriv, pbkdf2Sync, randomBytes } from "node:crypto";

/** What generation B's export of these provider keys looks like. */
export function sealForGenerationB(
  rawKeyHex: string,
  keys: Readonly<Record<string, string>>,
): Record<string, string> {
  return Object.fromEntries(
    Object.entries(keys).map(([provider, key]) => {
      const nonce = randomBytes(12);
      const cipher = createCipheriv("aes-256-gcm", Buffer.from(rawKeyHex, "hex"), nonce);
      const sealed = Buffer.concat([nonce, cipher.update(key), cipher.final(), cipher.getAuthTag()]);
      return [`${provider}_api_key`, sealed.toString("base64")];
    }),
  );
}

/** What generation A's export of these provider keys looks like. */
export function sealForGenerationA(
  password: string,
  keys: Readonly<Record<string, string>>,
): { readonly salt: string; readonly data: Record<string, string> } {
  const salt = randomBytes(16);
  const derived = pbkdf2Sync(password, salt, 100_000, 32, "sha256");
  const data = Object.fromEntries(
    Object.entries(keys).map(([provider, key]) => {
      const iv = randomBytes(16);
      const cipher = createCipheriv("aes-256-cbc", derived, iv);
      const sealed = Buffer.concat([iv, cipher.update(key), cipher.final()]);
      return [`provider_${provider}_api_key`, sealed.toString("base64")];
    }),
  );
  return { salt: salt.toString("base64"), data };
}
