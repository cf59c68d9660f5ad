/** Cryptographically strong random bytes; injected so that tests can choose them. */
export type RandomBytes = (size: number) => Buffer;

export type WebhookSecretVerdict =
  | { readonly kind: "ok"; readonly secret: string }
  /** `problem` is a sentence for the caller; it never quotes the secret. */
  | { readonly kind: "refused"; readonly problem: string };

const prefix = "whsec_";
const secretBytes = 32;
const leastBytes = 24;
const mostBytes = 64;
const hintCharacters = 4;

/** A new signing secret: `whsec_` and 32 random bytes in base64, which is how Standard Webhooks writes them. */
export function makeWebhookSecret(random: RandomBytes): string {
  return `${prefix}${random(secretBytes).toString("base64")}`;
}

/** What may be shown of a secret, so that people can tell several apart: `whsec_...` and its last four characters. */
export function webhookSecretHint(secret: string): string {
  return `${prefix}...${secret.replace(/=+$/, "").slice(-hintCharacters)}`;
}

/** Whether a secret that a caller brings can be signed with: `whsec_` and 24 to 64 bytes in base64. */
export function checkWebhookSecret(text: string): WebhookSecretVerdict {
  const bytes = webhookSecretBytes(text);
  if (bytes !== null && bytes.length >= leastBytes && bytes.length <= mostBytes)
    return { kind: "ok", secret: text };
  return {
    kind: "refused",
    problem: `The signing secret must be ${prefix} followed by ${leastBytes} to ${mostBytes} random bytes in base64; leave it out to have one made.`,
  };
}

/** The bytes that sign; null when the text is not `whsec_` and base64. */
export function webhookSecretBytes(secret: string): Buffer | null {
  const encoded = secret.startsWith(prefix) ? secret.slice(prefix.length) : "";
  const bytes = Buffer.from(encoded, "base64");
  // Node skips what is no base64, receivers' libraries refuse it or read it otherwise.
  return bytes.length > 0 && bytes.toString("base64") === encoded ? bytes : null;
}
