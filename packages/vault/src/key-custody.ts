import type { DataKey } from "./cryptography/data-key.ts";
import type { PasswordKeys } from "./cryptography/password-keys.ts";

/** Who gave the password: a vault that a configured secret unlocked stays unlocked when nobody uses it. */
export type UnlockedBy = "person" | "configuration";

/** The keys of an unlocked vault. */
export interface HeldKeys {
  readonly dataKey: DataKey;
  readonly passwordKeys: PasswordKeys;
  /** Highest revision of the stored vault that was seen. */
  readonly revision: number;
  readonly unlockedBy: UnlockedBy;
  readonly lastUsedAtMs: number;
}

/** The one place that holds keys in memory; whatever leaves it is wiped. */
export interface KeyCustody {
  readonly current: HeldKeys | null;
  /** Time at which the vault locks itself unless it is used; null when it does not. */
  readonly locksAtMs: number | null;
  /** Takes keys over, in place of those held; a key that stays the same stays in use. */
  hold(next: HeldKeys): void;
  markUsed(): void;
  /** Wipes everything; whether there was anything. */
  wipe(): boolean;
}

export function createKeyCustody({
  now,
  autoLockMs,
}: {
  readonly now: () => number;
  readonly autoLockMs: number | null;
}): KeyCustody {
  let held: HeldKeys | null = null;
  return {
    get current() {
      return held;
    },
    get locksAtMs() {
      if (held === null || autoLockMs === null || held.unlockedBy === "configuration") return null;
      return held.lastUsedAtMs + autoLockMs;
    },
    hold(next) {
      const before = held;
      held = next;
      if (before !== null && before.dataKey !== next.dataKey) before.dataKey[Symbol.dispose]();
      if (before !== null && before.passwordKeys !== next.passwordKeys) before.passwordKeys[Symbol.dispose]();
    },
    markUsed() {
      if (held !== null) held = { ...held, lastUsedAtMs: now() };
    },
    wipe() {
      const before = held;
      held = null;
      before?.dataKey[Symbol.dispose]();
      before?.passwordKeys[Symbol.dispose]();
      return before !== null;
    },
  };
}
