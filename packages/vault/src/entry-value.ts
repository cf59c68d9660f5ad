import { VaultError } from "./vault-error.ts";

const largestValueBytes = 65_536;

/** Whether bytes can be the value of an entry: 1 to 65,536 of them. */
export function isEntryValue(value: Buffer): boolean {
  return value.length > 0 && value.length <= largestValueBytes;
}

/**
 * The bytes of a value; the caller zeroes them. A text with lone surrogates is refused, because UTF-8 would change it.
 *
 * @throws VaultError `invalid_entry`
 */
export function encodeEntryValue(value: string): Buffer {
  const bytes = Buffer.from(value.isWellFormed() ? value : "", "utf8");
  if (isEntryValue(bytes)) return bytes;
  bytes.fill(0);
  throw new VaultError(
    "invalid_entry",
    "The value of a vault entry is a text of 1 to 65,536 bytes in UTF-8.",
  );
}
