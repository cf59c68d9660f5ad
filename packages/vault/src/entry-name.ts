import { VaultError } from "./vault-error.ts";

const longestName = 512;
const entryNamePattern = /^(?:provider:[^\p{Cc}]+:api_key|secret:[^\p{Cc}]+)$/u;

/** Name of the entry that holds a provider's API key. */
export function providerKeyName(providerId: string): string {
  return `provider:${providerId}:api_key`;
}

/** Name of the entry that holds any other secret. */
export function secretName(name: string): string {
  return `secret:${name}`;
}

/** Whether a text is `provider:{id}:api_key` or `secret:{name}`, without control characters, of at most 512 characters. */
export function isEntryName(name: string): boolean {
  return name.length <= longestName && name.isWellFormed() && entryNamePattern.test(name);
}

/** @throws VaultError `invalid_entry` */
export function assertEntryName(name: string): void {
  if (isEntryName(name)) return;
  throw new VaultError(
    "invalid_entry",
    "A vault entry is named provider:{id}:api_key or secret:{name}, in at most 512 characters without control characters.",
  );
}
