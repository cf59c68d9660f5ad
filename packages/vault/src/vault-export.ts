import { createHmac, timingSafeEqual } from "node:crypto";
import { openDataKey, type DataKey } from "./cryptography/data-key.ts";
import { derivePurposeKey } from "./cryptography/derive-purpose-key.ts";
import { matchesEnvelope, type PasswordKeys } from "./cryptography/password-keys.ts";
import { openSealedEntry } from "./cryptography/sealed-entry.ts";
import { decodeBase64url, encodeBase64url } from "./cryptography/strict-base64.ts";
import { readVaultEnvelope, type VaultEnvelope } from "./cryptography/vault-envelope.ts";
import { fieldsOf, type OpenedEntry } from "./imports/import-source.ts";
import { VaultError } from "./vault-error.ts";

/** A whole vault as JSON, sealed; opens with the password the vault had when it was exported. */
export interface VaultExport {
  readonly format: "tokenhub-vault-export";
  readonly version: 1;
  readonly exportedAtMs: number;
  readonly envelope: VaultEnvelope;
  /** Sorted by name. */
  readonly entries: readonly { readonly name: string; readonly sealed: string }[];
  /** Base64url of an HMAC-SHA-256 over all of the above, so that a missing entry is noticed too. */
  readonly seal: string;
}

export function createVaultExport(
  dataKey: DataKey,
  content: Pick<VaultExport, "exportedAtMs" | "envelope" | "entries">,
): VaultExport {
  const entries = content.entries
    .map(({ name, sealed }) => ({ name, sealed }))
    .toSorted((left, right) => (left.name < right.name ? -1 : 1));
  const unsealed = {
    format: "tokenhub-vault-export",
    version: 1,
    exportedAtMs: content.exportedAtMs,
    envelope: content.envelope,
    entries,
  } as const;
  return { ...unsealed, seal: encodeBase64url(sealOf(dataKey, unsealed)) };
}

/** Whether a value claims to be an export of this product. */
export function isVaultExport(value: unknown): boolean {
  return fieldsOf(value).get("format") === "tokenhub-vault-export";
}

/** @throws VaultError `invalid_import`, or `tampered` when it is the envelope in it that is damaged */
export function readVaultExport(value: unknown): VaultExport {
  const fields = fieldsOf(value);
  const [exportedAtMs, entries, seal] = [
    fields.get("exportedAtMs"),
    fields.get("entries"),
    fields.get("seal"),
  ];
  if (
    fields.size !== 6 ||
    !isVaultExport(value) ||
    fields.get("version") !== 1 ||
    typeof exportedAtMs !== "number" ||
    !Array.isArray(entries) ||
    typeof seal !== "string"
  ) {
    throw damagedExport();
  }
  return {
    format: "tokenhub-vault-export",
    version: 1,
    exportedAtMs,
    envelope: readVaultEnvelope(fields.get("envelope")),
    entries: entries.map(readEntry),
    seal,
  };
}

/**
 * The values of all entries.
 *
 * @throws VaultError `wrong_password` when the keys belong to another password, `tampered` when anything was changed
 */
export function openVaultExport(source: VaultExport, keys: PasswordKeys): readonly OpenedEntry[] {
  if (!matchesEnvelope(keys, source.envelope)) {
    throw new VaultError("wrong_password", "The password does not open this export.");
  }
  using dataKey = openDataKey(source.envelope, keys);
  const seal = decodeBase64url(source.seal);
  const expected = sealOf(dataKey, source);
  if (seal?.length !== expected.length || !timingSafeEqual(seal, expected)) {
    throw new VaultError("tampered", "The export was changed after it was made.");
  }
  return source.entries.map((entry) => ({ name: entry.name, value: openSealedEntry(dataKey, entry) }));
}

function readEntry(value: unknown): VaultExport["entries"][number] {
  const fields = fieldsOf(value);
  const [name, sealed] = [fields.get("name"), fields.get("sealed")];
  if (fields.size !== 2 || typeof name !== "string" || typeof sealed !== "string") throw damagedExport();
  return { name, sealed };
}

function sealOf(
  dataKey: DataKey,
  { version, exportedAtMs, envelope, entries }: Omit<VaultExport, "seal">,
): Buffer {
  const key = derivePurposeKey(dataKey.secret.bytes, "tokenhub/vault/export/v1");
  const text = JSON.stringify([
    version,
    exportedAtMs,
    envelope.sealedDataKey,
    entries.map(({ name, sealed }) => [name, sealed]),
  ]);
  const digest = createHmac("sha256", key).update(text).digest();
  key.fill(0);
  return digest;
}

function damagedExport(): VaultError {
  return new VaultError(
    "invalid_import",
    "The export is damaged, or of a version this release does not know.",
  );
}
