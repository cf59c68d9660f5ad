import type { SettingsRepository } from "@tokenhub/persistence";
import type { Vault } from "@tokenhub/vault";
import { randomUUID } from "node:crypto";
import { z } from "zod";

/**
 * A mark in the database that changes whenever an administrator locks the vault, at whichever gateway. A gateway that
 * missed the announcement sees by it that what it holds open is to be locked.
 */
export interface LockMark {
  /** Before an unlock: locks of the past do not count after it. */
  remember(): Promise<void>;
  /** Locks the vault when somebody has asked for it since. */
  heed(): Promise<void>;
  /** Tells the other gateways to lock. */
  renew(): Promise<void>;
}

export interface LockMarkOptions {
  readonly settings: Pick<SettingsRepository, "get" | "set">;
  readonly vault: Pick<Vault, "isUnlocked" | "lock">;
  readonly now: () => number;
}

const settingName = "vault.lock_mark";

export function createLockMark({ settings, vault, now }: LockMarkOptions): LockMark {
  let remembered = "";
  const lockIfChanged = async (): Promise<void> => {
    const before = remembered;
    const current = (await settings.get(settingName, z.string())) ?? "";
    // A later look, or a lock made here, has overtaken this one.
    if (remembered !== before || current === before) return;
    remembered = current;
    if (vault.isUnlocked()) vault.lock();
  };
  return {
    remember: lockIfChanged,
    async heed() {
      if (vault.isUnlocked()) await lockIfChanged();
    },
    async renew() {
      remembered = randomUUID();
      await settings.set(settingName, remembered, { nowMs: now() });
    },
  };
}
