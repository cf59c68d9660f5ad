import { createDataKey, sealDataKey } from "./cryptography/data-key.ts";
import { matchesEnvelope } from "./cryptography/password-keys.ts";
import { formatVaultEnvelope } from "./cryptography/vault-envelope.ts";
import { resealStoredEntry } from "./stored-entry.ts";
import { VaultError } from "./vault-error.ts";
import type { VaultParts } from "./vault-parts.ts";
import type { PlannedWrite, UnlockedVault } from "./vault-session.ts";

/** See `Vault.rotateDataKey`. An entry that does not open stops it before anything is written. */
export async function rotateDataKey(parts: VaultParts): Promise<void> {
  await parts.session.change((vault) => planRotation(vault, parts));
}

function planRotation({ stored, held }: UnlockedVault, parts: VaultParts): PlannedWrite {
  const { store, session, custody, random, emit } = parts;
  if (!matchesEnvelope(held.passwordKeys, stored.envelope)) {
    session.lock("superseded");
    throw new VaultError("vault_locked", "The password was changed elsewhere; unlock the vault again.");
  }
  const dataKey = createDataKey(random, held.dataKey.vaultId);
  const onUndone = (): void => dataKey[Symbol.dispose]();
  try {
    const entries = stored.entries.map((entry) =>
      resealStoredEntry(entry, { from: held.dataKey, to: dataKey, random }),
    );
    const envelopeJson = formatVaultEnvelope(sealDataKey(dataKey, { keys: held.passwordKeys, random }));
    return {
      write: () => store.replace(stored.revision, { envelopeJson, entries }),
      onDone() {
        if (custody.current === null) dataKey[Symbol.dispose]();
        else custody.hold({ ...custody.current, dataKey });
        emit({ type: "data-key-replaced", dataKeyId: dataKey.id });
      },
      onUndone,
    };
  } catch (error) {
    onUndone();
    throw error;
  }
}
