import { createDataKey, sealDataKey } from "./cryptography/data-key.ts";
import { formatVaultEnvelope } from "./cryptography/vault-envelope.ts";
import type { OpenedEnvelope } from "./password-door.ts";
import type { UnlockOptions, Vault } from "./vault.ts";
import { VaultError } from "./vault-error.ts";
import type { VaultParts } from "./vault-parts.ts";

export type VaultEntrance = Pick<Vault, "initialise" | "unlock" | "unlockOrInitialise">;

/** The ways into a vault. */
export function createVaultEntrance(parts: VaultParts): VaultEntrance {
  const { store, door, session, random } = parts;

  const initialise: VaultEntrance["initialise"] = async (password, { by }) => {
    const { explicitLocks } = session;
    if ((await store.load()) !== null) throw alreadyInitialised();
    const keys = await door.create(password);
    const dataKey = createDataKey(random);
    try {
      const envelopeJson = formatVaultEnvelope(sealDataKey(dataKey, { keys, random }));
      if (!(await store.replace(null, { envelopeJson, entries: [] }))) throw alreadyInitialised();
    } catch (error) {
      keys[Symbol.dispose]();
      dataKey[Symbol.dispose]();
      throw error;
    }
    admit({ keys, dataKey }, { parts, explicitLocks, revision: 1, by });
  };

  const unlock: VaultEntrance["unlock"] = async (password, { by }) => {
    const { explicitLocks } = session;
    const { envelope, revision } = await session.loadExisting();
    admit(await door.open(envelope, password), { parts, explicitLocks, revision, by });
  };

  return {
    initialise,
    unlock,
    async unlockOrInitialise(password, options) {
      if ((await store.load()) === null) {
        try {
          await initialise(password, options);
          return "initialised";
        } catch (error) {
          // Another gateway that starts at the same moment was first.
          if (!(error instanceof VaultError) || error.code !== "conflict") throw error;
        }
      }
      await unlock(password, options);
      return "unlocked";
    },
  };
}

interface Admission extends UnlockOptions {
  readonly parts: Pick<VaultParts, "session" | "custody" | "emit" | "now">;
  /** Of the session when the work began. */
  readonly explicitLocks: number;
  readonly revision: number;
}

/** Puts freshly opened keys in place, unless the vault was locked while they were derived. */
function admit({ keys, dataKey }: OpenedEnvelope, { parts, explicitLocks, revision, by }: Admission): void {
  const { session, custody, emit, now } = parts;
  if (session.isClosed || explicitLocks !== session.explicitLocks) {
    keys[Symbol.dispose]();
    dataKey[Symbol.dispose]();
    throw new VaultError("vault_locked", "The vault was locked while it was being unlocked.");
  }
  const before = custody.current;
  const isSameKey = before?.dataKey.id === dataKey.id && before.dataKey.vaultId === dataKey.vaultId;
  if (isSameKey) dataKey[Symbol.dispose]();
  custody.hold({
    dataKey: isSameKey ? before.dataKey : dataKey,
    passwordKeys: keys,
    revision: Math.max(revision, before?.revision ?? 0),
    unlockedBy: before?.unlockedBy === "configuration" ? "configuration" : by,
    lastUsedAtMs: now(),
  });
  if (before === null) emit({ type: "vault-unlocked", unlockedBy: by });
  else if (!isSameKey) emit({ type: "data-key-replaced", dataKeyId: dataKey.id });
}

function alreadyInitialised(): VaultError {
  return new VaultError("conflict", "There is a vault already; unlock it.");
}
