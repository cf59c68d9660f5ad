import { isUtf8 } from "node:buffer";
import { parseEncryptionKey } from "../cryptography/encryption-key.ts";
import { derivePasswordKeys } from "../cryptography/password-keys.ts";
import { decodeBase64 } from "../cryptography/strict-base64.ts";
import { isEntryName } from "../entry-name.ts";
import { isEntryValue } from "../entry-value.ts";
import { VaultError } from "../vault-error.ts";
import { isVaultExport, openVaultExport, readVaultExport } from "../vault-export.ts";
import {
  fieldsOf,
  parseSource,
  readSealedMap,
  type ImportCredential,
  type ImportFormat,
  type OpenedEntry,
} from "./import-source.ts";
import { openGcmMap } from "./open-gcm-map.ts";
import { mayBeGenerationA, openGenerationA } from "./open-generation-a.ts";
import { mayBeGenerationC, openGenerationC } from "./open-generation-c.ts";
import { renameEntry } from "./rename-entry.ts";
import { readSaltedMap, type SaltedMap } from "./salted-map.ts";

export interface ImportInput {
  /** A JSON text or its value. */
  readonly source: unknown;
  readonly credential: ImportCredential;
}

export interface OpenedImport {
  readonly format: ImportFormat;
  /** Under the names they get here. */
  readonly entries: readonly OpenedEntry[];
}

/**
 * Recognises an import, opens every entry and renames it; a fault in one entry refuses them all. The caller zeroes the
 * values.
 *
 * @throws VaultError `invalid_import`, `invalid_key`, `wrong_password` or `tampered`
 */
export async function openImport({ source, credential }: ImportInput): Promise<OpenedImport> {
  const opened = await openAnyFormat(parseSource(source), credential);
  const entries = opened.entries.map(({ name, value }) => ({
    name: renameEntry(name, opened.format),
    value,
  }));
  try {
    assertStorable(entries);
  } catch (error) {
    for (const { value } of entries) value.fill(0);
    throw error;
  }
  return { format: opened.format, entries };
}

async function openAnyFormat(value: unknown, credential: ImportCredential): Promise<OpenedImport> {
  if ("rawKeyHex" in credential) return openGenerationB(value, credential.rawKeyHex);
  const { password } = credential;
  if (isVaultExport(value)) {
    const own = readVaultExport(value);
    using keys = await derivePasswordKeys(password, own.envelope.derivation);
    return { format: "tokenhub", entries: openVaultExport(own, keys) };
  }
  const salted = readSaltedMap(value);
  if (salted === null) {
    throw new VaultError(
      "invalid_import",
      "A password opens an export of this product or a { salt, data } map of an older one; a map from name to value needs its raw key.",
    );
  }
  return openSaltedMap(salted, password);
}

function openGenerationB(value: unknown, rawKeyHex: string): OpenedImport {
  const key = parseEncryptionKey(rawKeyHex);
  try {
    if (fieldsOf(value).size === 0 && JSON.stringify(value) !== "{}") {
      throw new VaultError("invalid_import", "A raw key opens a map from name to Base64 value.");
    }
    return { format: "generation-b", entries: openGcmMap(readSealedMap(value, decodeBase64), key) };
  } finally {
    key.fill(0);
  }
}

/** Generation C first, when the lengths fit both: it is authenticated, so that its answer is certain. */
async function openSaltedMap(salted: SaltedMap, password: string): Promise<OpenedImport> {
  const mayBeA = mayBeGenerationA(salted);
  if (mayBeGenerationC(salted)) {
    try {
      return { format: "generation-c", entries: await openGenerationC(salted, password) };
    } catch (error) {
      const isOther = error instanceof VaultError && error.code === "wrong_password" && mayBeA;
      if (!isOther) throw error;
    }
  }
  if (!mayBeA) {
    throw new VaultError(
      "invalid_import",
      "The entries of the import have lengths that no known vault leaves.",
    );
  }
  return { format: "generation-a", entries: await openGenerationA(salted, password) };
}

function assertStorable(entries: readonly OpenedEntry[]): void {
  const names = new Set(entries.map(({ name }) => name));
  if (names.size !== entries.length) {
    throw new VaultError("invalid_import", "Two entries of the import would get the same name.");
  }
  for (const { name, value } of entries) {
    if (!isEntryName(name))
      throw new VaultError("invalid_import", "An entry of the import has an unusable name.");
    if (!isEntryValue(value) || !isUtf8(value)) {
      throw new VaultError("invalid_import", "An entry of the import is empty, too large or not text.");
    }
  }
}
