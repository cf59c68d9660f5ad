import {
  defaultArgon2idCost,
  isBearableCost,
  isStrongCost,
  type DerivationCost,
} from "./cryptography/derivation-cost.ts";
import { systemRandomBytes, type RandomBytes } from "./cryptography/random-bytes.ts";
import { importEntries } from "./import-entries.ts";
import { createKeyCustody } from "./key-custody.ts";
import { sealLease } from "./lease/key-lease.ts";
import { createPasswordDoor } from "./password-door.ts";
import { rotateDataKey } from "./rotate-data-key.ts";
import { rotatePassword } from "./rotate-password.ts";
import type { Vault, VaultEvent } from "./vault.ts";
import { createVaultEntrance } from "./vault-entrance.ts";
import { createVaultEntries } from "./vault-entries.ts";
import { createVaultExport } from "./vault-export.ts";
import type { VaultParts } from "./vault-parts.ts";
import { createVaultSession } from "./vault-session.ts";
import type { VaultStore } from "./vault-store.ts";

export interface VaultOptions {
  readonly store: VaultStore;
  readonly now: () => number;
  readonly random?: RandomBytes;
  /** Cost of new passwords; stored vaults bring their own. */
  readonly derivationCost?: DerivationCost;
  /** Admits a cost that protects nothing; for tests. */
  readonly allowWeakDerivation?: boolean;
  /** Time without use after which a vault that a person unlocked is locked; null: never. */
  readonly autoLockMs?: number | null;
  /** Calls `check` every so often until the function it returns is called; without it the owner calls `checkIdle`. */
  readonly scheduleEvery?: (check: () => void, everyMs: number) => () => void;
  readonly onEvent?: (event: VaultEvent) => void;
}

export const defaultAutoLockMs = 1_800_000;
const idleCheckEveryMs = 60_000;

/** A vault over the given store; locked until a password is given. @throws RangeError when the cost is out of bounds */
export function createVault(options: VaultOptions): Vault {
  const parts = createParts(options);
  const { store, session, custody, now, random } = parts;
  const cancelSchedule = options.scheduleEvery?.(() => session.lockIfIdle(), idleCheckEveryMs);
  return {
    ...createVaultEntrance(parts),
    ...createVaultEntries(parts),
    isUnlocked() {
      session.lockIfIdle();
      return custody.current !== null;
    },
    async state() {
      if ((await store.load()) === null) return "uninitialised";
      session.lockIfIdle();
      return custody.current === null ? "locked" : "unlocked";
    },
    lock: () => session.lock("request"),
    touch() {
      if (!session.lockIfIdle()) custody.markUsed();
    },
    checkIdle: () => session.lockIfIdle(),
    rotatePassword: (change) => rotatePassword(parts, change),
    rotateDataKey: () => rotateDataKey(parts),
    export: () =>
      session.read(({ stored: { envelope, entries }, held }) =>
        createVaultExport(held.dataKey, { exportedAtMs: now(), envelope, entries }),
      ),
    import: (input) => importEntries(parts, input),
    sealLease: ({ clusterSecret, ttlMs }) =>
      session.read(
        ({ held }) => {
          const expiresAtMs = Math.min(now() + ttlMs, custody.locksAtMs ?? Number.POSITIVE_INFINITY);
          return sealLease(held.dataKey, { clusterSecret, expiresAtMs, random });
        },
        { countsAsUse: false },
      ),
    [Symbol.dispose]() {
      cancelSchedule?.();
      session.lock("shutdown");
    },
  };
}

function createParts(options: VaultOptions): VaultParts {
  const { store, now, random = systemRandomBytes, autoLockMs = defaultAutoLockMs } = options;
  const cost = options.derivationCost ?? defaultArgon2idCost;
  const isEnough = isStrongCost(cost) || options.allowWeakDerivation === true;
  if (!isBearableCost(cost) || !isEnough) {
    throw new RangeError("The derivation cost of the vault is out of bounds.");
  }
  const emit = options.onEvent ?? (() => undefined);
  const custody = createKeyCustody({ now, autoLockMs });
  const door = createPasswordDoor({ cost, now, random });
  const session = createVaultSession({ store, custody, now, emit });
  return { store, now, random, emit, custody, door, session };
}
