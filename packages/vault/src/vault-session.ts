import { openDataKey } from "./cryptography/data-key.ts";
import { matchesEnvelope } from "./cryptography/password-keys.ts";
import { parseVaultEnvelope, type VaultEnvelope } from "./cryptography/vault-envelope.ts";
import { createJobLine } from "./job-line.ts";
import type { HeldKeys, KeyCustody } from "./key-custody.ts";
import type { LockReason, VaultEvent } from "./vault.ts";
import { VaultError } from "./vault-error.ts";
import type { StoredEntry, VaultStore } from "./vault-store.ts";

/** A stored vault with its envelope read. */
interface StoredVault {
  readonly revision: number;
  readonly envelope: VaultEnvelope;
  readonly entries: readonly StoredEntry[];
}

export interface UnlockedVault {
  readonly stored: StoredVault;
  readonly held: HeldKeys;
}

/** A write that has been sealed and waits for the store. */
export interface PlannedWrite {
  /** Whether the write was done; false when the stored vault has another revision by now. */
  write(): Promise<boolean>;
  onDone(): void;
  /** Cleans up after a write that was not done, or of which that is not known. */
  onUndone?(): void;
}

/** The stored vault and the keys in memory, brought together for one step at a time. */
export interface VaultSession {
  load(): Promise<StoredVault | null>;
  /** @throws VaultError `vault_uninitialised` */
  loadExisting(): Promise<StoredVault>;
  /** Reads the store and works on it. `use` is not asynchronous: no lock can come between the key and its use. */
  read<Result>(use: (vault: UnlockedVault) => Result, options?: ReadOptions): Promise<Result>;
  /**
   * Reads, seals and writes, one change after the other; starts anew when another gateway wrote in between. A plan of
   * null leaves everything as it is.
   *
   * @throws VaultError `conflict` when that happens again and again
   */
  change(plan: (vault: UnlockedVault) => PlannedWrite | null): Promise<void>;
  lock(reason: LockReason): boolean;
  /** Counts the locks somebody asked for: an unlock under way when it changes must not be completed. */
  readonly explicitLocks: number;
  /** Whether the process is ending; then nothing is unlocked any more. */
  readonly isClosed: boolean;
  lockIfIdle(): boolean;
}

interface ReadOptions {
  /** Whether this puts the automatic lock off; true unless said otherwise. */
  readonly countsAsUse?: boolean;
}

const mostStaleReads = 2;
const mostWrites = 10;
const mostWaitingChanges = 1_000;

export function createVaultSession({
  store,
  custody,
  now,
  emit,
}: {
  readonly store: VaultStore;
  readonly custody: KeyCustody;
  readonly now: () => number;
  readonly emit: (event: VaultEvent) => void;
}): VaultSession {
  const changes = createJobLine(mostWaitingChanges);

  let explicitLocks = 0;
  let isClosed = false;

  const lock = (reason: LockReason): boolean => {
    if (reason === "request" || reason === "shutdown") explicitLocks += 1;
    if (reason === "shutdown") isClosed = true;
    const wasUnlocked = custody.wipe();
    if (wasUnlocked) emit({ type: "vault-locked", reason });
    return wasUnlocked;
  };
  const lockIfIdle = (): boolean => {
    const locksAtMs = custody.locksAtMs;
    return locksAtMs !== null && now() >= locksAtMs && lock("idle");
  };

  // A read that began before a write of ours may answer after it, and would lead back to an older data key. A revision
  // that stays behind is a restored backup.
  const load = async (): Promise<StoredVault | null> => {
    for (let staleReads = 0; ; staleReads += 1) {
      const record = await store.load();
      if (record === null) return null;
      const isStale = record.revision < (custody.current?.revision ?? 0);
      if (!isStale || staleReads === mostStaleReads) {
        const { revision, envelopeJson, entries } = record;
        return { revision, envelope: parseVaultEnvelope(envelopeJson), entries };
      }
    }
  };

  const unlocked = (stored: StoredVault | null, { countsAsUse = true }: ReadOptions = {}): UnlockedVault => {
    if (stored === null) {
      if (custody.current !== null) lock("superseded");
      throw uninitialised();
    }
    lockIfIdle();
    const { current } = custody;
    if (current === null) throw new VaultError("vault_locked", "The vault is locked.");
    const held = follow(stored, current);
    if (countsAsUse) custody.markUsed();
    return { stored, held };
  };

  /** The keys for the stored vault: those in memory, or the data key another gateway has put in their place. */
  const follow = ({ envelope, revision }: StoredVault, held: HeldKeys): HeldKeys => {
    const { dataKey, passwordKeys } = held;
    const isSame = dataKey.id === envelope.dataKeyId && dataKey.vaultId === envelope.vaultId;
    if (!isSame && !matchesEnvelope(passwordKeys, envelope)) {
      lock("superseded");
      throw new VaultError("vault_locked", "The vault was changed elsewhere and is locked; unlock it again.");
    }
    const next = { ...held, revision, dataKey: isSame ? dataKey : openDataKey(envelope, passwordKeys) };
    custody.hold(next);
    if (!isSame) emit({ type: "data-key-replaced", dataKeyId: next.dataKey.id });
    return next;
  };

  const attempt = async (plan: (vault: UnlockedVault) => PlannedWrite | null): Promise<boolean> => {
    const vault = unlocked(await load());
    const planned = plan(vault);
    if (planned === null) return true;
    let isDone = false;
    try {
      isDone = await planned.write();
    } finally {
      if (!isDone) planned.onUndone?.();
    }
    if (!isDone) return false;
    const { current } = custody;
    if (current !== null) custody.hold({ ...current, revision: vault.stored.revision + 1 });
    planned.onDone();
    return true;
  };

  return {
    load,
    async loadExisting() {
      const stored = await load();
      if (stored === null) throw uninitialised();
      return stored;
    },
    read: async (use, options) => use(unlocked(await load(), options)),
    change: (plan) =>
      changes.run(async () => {
        for (let writes = 0; writes < mostWrites; writes += 1) {
          if (await attempt(plan)) return;
        }
        throw new VaultError("conflict", "Other gateways are writing to the vault; try again.");
      }),
    lock,
    get explicitLocks() {
      return explicitLocks;
    },
    get isClosed() {
      return isClosed;
    },
    lockIfIdle,
  };
}

function uninitialised(): VaultError {
  return new VaultError("vault_uninitialised", "There is no vault yet.");
}
