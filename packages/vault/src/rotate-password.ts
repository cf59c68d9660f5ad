import { openDataKey, sealDataKey } from "./cryptography/data-key.ts";
import { matchesEnvelope } from "./cryptography/password-keys.ts";
import { formatVaultEnvelope } from "./cryptography/vault-envelope.ts";
import { VaultError } from "./vault-error.ts";
import type { VaultParts } from "./vault-parts.ts";

/** See `Vault.rotatePassword`. The data key is taken from the stored envelope, never from memory. */
export async function rotatePassword(
  { store, session, custody, door, random }: VaultParts,
  { oldPassword, newPassword }: { readonly oldPassword: string; readonly newPassword: string },
): Promise<void> {
  const envelope = await session.read(({ stored }) => stored.envelope);
  const opened = await door.open(envelope, oldPassword);
  opened.dataKey[Symbol.dispose]();
  using oldKeys = opened.keys;
  const keys = await door.create(newPassword);
  try {
    await session.change(({ stored }) => {
      if (!matchesEnvelope(oldKeys, stored.envelope)) {
        throw new VaultError("conflict", "The password was changed elsewhere at the same time.");
      }
      using dataKey = openDataKey(stored.envelope, oldKeys);
      const envelopeJson = formatVaultEnvelope(sealDataKey(dataKey, { keys, random }));
      return {
        write: () => store.replace(stored.revision, { envelopeJson, entries: stored.entries }),
        onDone() {
          if (custody.current === null) keys[Symbol.dispose]();
          else custody.hold({ ...custody.current, passwordKeys: keys });
        },
      };
    });
  } catch (error) {
    keys[Symbol.dispose]();
    throw error;
  }
}
