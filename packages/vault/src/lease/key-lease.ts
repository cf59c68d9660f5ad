import { openBytes, sealBytes } from "../cryptography/aes-gcm.ts";
import { associatedDataOf } from "../cryptography/associated-data.ts";
import { dataKeyOf, type DataKey } from "../cryptography/data-key.ts";
import { derivePurposeKey } from "../cryptography/derive-purpose-key.ts";
import type { RandomBytes } from "../cryptography/random-bytes.ts";
import { decodeBase64url, encodeBase64url } from "../cryptography/strict-base64.ts";
import { VaultError } from "../vault-error.ts";

const leasePattern =
  /^v1\.(lea_[0-9a-f]{16})\.([0-9]{1,16})\.(vlt_[0-9a-f]{32})\.(dk_[0-9a-f]{16})\.([A-Za-z0-9_-]+)$/;

export interface LeaseHeader {
  readonly leaseId: string;
  /** From this time on the lease opens nothing. */
  readonly expiresAtMs: number;
}

/** A lease as it is handed to workers, with its header for whoever publishes it. */
export interface SealedLease extends LeaseHeader {
  /** It opens the entries that are sealed under this key only. */
  readonly dataKeyId: string;
  /** `v1.<lease id>.<expiry, ms>.<vault id>.<data key id>.<base64url>` */
  readonly text: string;
}

/** A lease that a worker opened. */
export interface OpenLease extends LeaseHeader, Disposable {
  readonly dataKey: DataKey;
}

/**
 * Seals a data key for the workers, who share the 32-byte cluster secret with the gateway.
 *
 * @throws VaultError `invalid_key` when the secret has another length
 */
export function sealLease(
  dataKey: DataKey,
  {
    clusterSecret,
    expiresAtMs,
    random,
  }: { readonly clusterSecret: Buffer; readonly expiresAtMs: number; readonly random: RandomBytes },
): SealedLease {
  const leaseId = `lea_${random(8).toString("hex")}`;
  const header = `v1.${leaseId}.${Math.floor(expiresAtMs)}.${dataKey.vaultId}.${dataKey.id}`;
  const sealed = withLeaseKey(clusterSecret, (key) =>
    sealBytes(key, { plain: dataKey.secret.bytes, associatedData: leaseData(header), random }),
  );
  return {
    leaseId,
    expiresAtMs: Math.floor(expiresAtMs),
    dataKeyId: dataKey.id,
    text: `${header}.${encodeBase64url(sealed)}`,
  };
}

/**
 * Opens a lease; the caller disposes of it.
 *
 * @throws VaultError `vault_locked` when it has expired, `tampered` when it was changed or sealed with another secret
 */
export function openLease(
  text: string,
  { clusterSecret, nowMs }: { readonly clusterSecret: Buffer; readonly nowMs: number },
): OpenLease {
  const [, leaseId = "", expiry, vaultId = "", dataKeyId = "", sealedText = ""] =
    leasePattern.exec(text) ?? [];
  const sealed = decodeBase64url(sealedText);
  const associatedData = leaseData(text.slice(0, text.lastIndexOf(".")));
  const bytes = sealed && withLeaseKey(clusterSecret, (key) => openBytes(key, { sealed, associatedData }));
  if (bytes === null) {
    throw new VaultError("tampered", "A key lease was changed, or sealed with another cluster secret.");
  }
  const dataKey = dataKeyOf(bytes, { vaultId, id: dataKeyId });
  const expiresAtMs = Number(expiry);
  if (nowMs >= expiresAtMs) {
    dataKey[Symbol.dispose]();
    throw new VaultError("vault_locked", "The key lease has expired.");
  }
  return { leaseId, expiresAtMs, dataKey, [Symbol.dispose]: () => dataKey[Symbol.dispose]() };
}

function withLeaseKey<Result>(clusterSecret: Buffer, use: (key: Buffer) => Result): Result {
  if (clusterSecret.length !== 32) {
    throw new VaultError("invalid_key", "The cluster secret is 32 bytes.");
  }
  const key = derivePurposeKey(clusterSecret, "tokenhub/vault/lease/v1");
  try {
    return use(key);
  } finally {
    key.fill(0);
  }
}

function leaseData(header: string): Buffer {
  return associatedDataOf("tokenhub-vault-lease", [header]);
}
