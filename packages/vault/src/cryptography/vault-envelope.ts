import { VaultError } from "../vault-error.ts";
import { decodeBase64url } from "./strict-base64.ts";
import { parseKeyDerivation } from "./key-derivation.ts";

/** What is stored beside the entries, version 1: the data key, sealed by a key that only the password yields. */
export interface VaultEnvelope {
  readonly format: "tokenhub-vault";
  readonly version: 1;
  /** Random, so that nothing sealed in one vault opens in another. */
  readonly vaultId: string;
  /** PHC string: algorithm, cost and salt. */
  readonly derivation: string;
  /** Base64url; tells a wrong password from a right one before anything is opened, and commits to one key. */
  readonly verifier: string;
  readonly dataKeyId: string;
  /** Base64url of nonce, ciphertext and tag. */
  readonly sealedDataKey: string;
}

const fieldNames = [
  "format",
  "version",
  "vaultId",
  "derivation",
  "verifier",
  "dataKeyId",
  "sealedDataKey",
] as const satisfies readonly (keyof VaultEnvelope)[];

const idPatterns = { vaultId: /^vlt_[0-9a-f]{32}$/, dataKeyId: /^dk_[0-9a-f]{16}$/ };

export function formatVaultEnvelope(envelope: VaultEnvelope): string {
  return JSON.stringify(envelope, [...fieldNames]);
}

/** @throws VaultError `tampered` when the text is not an envelope of a known version */
export function parseVaultEnvelope(text: string): VaultEnvelope {
  return readVaultEnvelope(parseJson(text));
}

/** As `parseVaultEnvelope`, of a value that was JSON. Unknown fields are refused: they would not be authenticated. */
export function readVaultEnvelope(value: unknown): VaultEnvelope {
  if (typeof value !== "object" || value === null) throw damagedEnvelope();
  const fields = new Map<string, unknown>(Object.entries(value));
  const text = (name: keyof VaultEnvelope): string => {
    const field = fields.get(name);
    if (typeof field !== "string") throw damagedEnvelope();
    return field;
  };
  const envelope: VaultEnvelope = {
    format: "tokenhub-vault",
    version: 1,
    vaultId: text("vaultId"),
    derivation: text("derivation"),
    verifier: text("verifier"),
    dataKeyId: text("dataKeyId"),
    sealedDataKey: text("sealedDataKey"),
  };
  const isWhole =
    fields.size === fieldNames.length &&
    fields.get("format") === envelope.format &&
    fields.get("version") === envelope.version &&
    idPatterns.vaultId.test(envelope.vaultId) &&
    idPatterns.dataKeyId.test(envelope.dataKeyId) &&
    parseKeyDerivation(envelope.derivation) !== null &&
    decodeBase64url(envelope.verifier)?.length === 32 &&
    decodeBase64url(envelope.sealedDataKey)?.length === 60;
  if (!isWhole) throw damagedEnvelope();
  return envelope;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // The parser's message quotes the text.
    throw damagedEnvelope();
  }
}

function damagedEnvelope(): VaultError {
  return new VaultError(
    "tampered",
    "The vault's envelope is damaged, or of a version this release does not know.",
  );
}
