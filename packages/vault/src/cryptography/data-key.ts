import { VaultError } from "../vault-error.ts";
import { openBytes, sealBytes } from "./aes-gcm.ts";
import { associatedDataOf } from "./associated-data.ts";
import type { PasswordKeys } from "./password-keys.ts";
import type { RandomBytes } from "./random-bytes.ts";
import { SecretBytes } from "./secret-bytes.ts";
import { decodeBase64url, encodeBase64url } from "./strict-base64.ts";
import type { VaultEnvelope } from "./vault-envelope.ts";

/** The random key that seals every entry of a vault. */
export interface DataKey extends Disposable {
  readonly vaultId: string;
  readonly id: string;
  readonly secret: SecretBytes;
}

export function dataKeyOf(bytes: Buffer, { vaultId, id }: Pick<DataKey, "vaultId" | "id">): DataKey {
  const secret = new SecretBytes(bytes);
  return { vaultId, id, secret, [Symbol.dispose]: () => secret[Symbol.dispose]() };
}

/** A new data key; for a new vault when no `vaultId` is given. */
export function createDataKey(random: RandomBytes, vaultId = `vlt_${random(16).toString("hex")}`): DataKey {
  return dataKeyOf(random(32), { vaultId, id: `dk_${random(8).toString("hex")}` });
}

/** The envelope of a vault with that data key, opened by the password that the keys come from. */
export function sealDataKey(
  dataKey: DataKey,
  { keys, random }: { readonly keys: PasswordKeys; readonly random: RandomBytes },
): VaultEnvelope {
  const header = {
    format: "tokenhub-vault",
    version: 1,
    vaultId: dataKey.vaultId,
    derivation: keys.derivation,
    verifier: encodeBase64url(keys.verifier),
    dataKeyId: dataKey.id,
  } as const;
  const sealed = sealBytes(keys.sealingKey.bytes, {
    plain: dataKey.secret.bytes,
    associatedData: headerData(header),
    random,
  });
  return { ...header, sealedDataKey: encodeBase64url(sealed) };
}

/**
 * The data key of an envelope. The keys must match it (`matchesEnvelope`).
 *
 * @throws VaultError `tampered` when any field of the envelope was changed
 */
export function openDataKey(envelope: VaultEnvelope, keys: PasswordKeys): DataKey {
  const sealed = decodeBase64url(envelope.sealedDataKey);
  const bytes = sealed && openBytes(keys.sealingKey.bytes, { sealed, associatedData: headerData(envelope) });
  if (bytes === null)
    throw new VaultError("tampered", "The vault's envelope was changed after it was sealed.");
  return dataKeyOf(bytes, { vaultId: envelope.vaultId, id: envelope.dataKeyId });
}

function headerData(header: Omit<VaultEnvelope, "sealedDataKey">): Buffer {
  return associatedDataOf("tokenhub-vault-data-key", [
    header.version,
    header.vaultId,
    header.derivation,
    header.verifier,
    header.dataKeyId,
  ]);
}
