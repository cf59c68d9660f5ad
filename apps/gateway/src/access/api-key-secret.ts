import { randomBytes } from "node:crypto";

const start = "tokenhub_";
const secretBytes = 32;
const shownCharacters = 17;

/** A new API key: `tokenhub_` and 64 hexadecimal digits. */
export function newApiKeySecret(): string {
  return start + randomBytes(secretBytes).toString("hex");
}

/** The part of a key that lists may show: `tokenhub_` and 8 of its 64 digits. */
export function shownPrefixOf(secret: string): string {
  return secret.slice(0, shownCharacters);
}
