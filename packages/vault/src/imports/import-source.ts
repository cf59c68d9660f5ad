import { VaultError } from "../vault-error.ts";

/** Where an import comes from: our own export, or the vault of an older generation of the product. */
export const importFormats = ["tokenhub", "generation-a", "generation-b", "generation-c"] as const;
export type ImportFormat = (typeof importFormats)[number];

/** What opens the import: the password it was made under, or generation B's raw key in hex. */
export type ImportCredential = { readonly password: string } | { readonly rawKeyHex: string };

/** A map from name to Base64 ciphertext, decoded. */
export type SealedMap = readonly { readonly name: string; readonly sealed: Buffer }[];

/** An entry of an import, opened; whoever holds it zeroes the value. */
export interface OpenedEntry {
  readonly name: string;
  readonly value: Buffer;
}

const mostEntries = 10_000;

/**
 * The value of a JSON text; anything but a text is taken as it is.
 *
 * @throws VaultError `invalid_import`
 */
export function parseSource(source: unknown): unknown {
  if (typeof source !== "string") return source;
  try {
    return JSON.parse(source);
  } catch {
    // The parser's message quotes the text.
    throw new VaultError("invalid_import", "The import is not valid JSON.");
  }
}

/** The fields of an object, empty for anything else. */
export function fieldsOf(value: unknown): ReadonlyMap<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value)
    ? new Map<string, unknown>(Object.entries(value))
    : new Map();
}

/**
 * Reads `{ name: base64 }`.
 *
 * @throws VaultError `invalid_import`
 */
export function readSealedMap(value: unknown, decode: (text: string) => Buffer | null): SealedMap {
  const fields = fieldsOf(value);
  if (fields.size > mostEntries)
    throw new VaultError("invalid_import", `An import has at most ${mostEntries} entries.`);
  return [...fields].map(([name, text]) => {
    const sealed = typeof text === "string" ? decode(text) : null;
    if (sealed === null) throw new VaultError("invalid_import", "An entry of the import is not Base64 text.");
    return { name, sealed };
  });
}

/**
 * All entries of a map, or none: when no entry opens the key is wrong, when only some do the data are damaged.
 *
 * @param open gives null when the entry does not open
 * @throws VaultError `wrong_password` or `tampered`
 */
export function openAll(entries: SealedMap, open: (sealed: Buffer) => Buffer | null): readonly OpenedEntry[] {
  const opened = entries.flatMap(({ name, sealed }) => {
    const value = open(sealed);
    return value === null ? [] : [{ name, value }];
  });
  if (opened.length === entries.length) return opened;
  for (const { value } of opened) value.fill(0);
  throw opened.length === 0
    ? new VaultError("wrong_password", "The password or key does not open this import.")
    : new VaultError("tampered", "Some entries of the import do not open; nothing was imported.");
}
