import { createVault, type VaultOptions } from "../create-vault.ts";
import type { Vault, VaultEvent } from "../vault.ts";
import { VaultError, type VaultErrorCode } from "../vault-error.ts";
import { createMemoryVaultStore, type MemoryVaultStore } from "./memory-vault-store.ts";

/** Takes a fraction of a millisecond. */
export const cheapCost = { algorithm: "argon2id", passes: 1, memoryKiB: 8, lanes: 1 } as const;

export const password = "correct horse battery";

export interface TestVault {
  readonly vault: Vault;
  readonly store: MemoryVaultStore;
  readonly events: VaultEvent[];
  readonly clock: { nowMs: number };
}

/** A locked vault over a store in memory, with a clock that stands still and derivations that cost nothing. */
export function buildVault({
  store = createMemoryVaultStore(),
  clock = { nowMs: 1_795_000_000_000 },
  ...options
}: Partial<VaultOptions> & {
  readonly store?: MemoryVaultStore;
  readonly clock?: { nowMs: number };
} = {}): TestVault {
  const events: VaultEvent[] = [];
  const vault = createVault({
    store,
    now: () => clock.nowMs,
    derivationCost: cheapCost,
    allowWeakDerivation: true,
    onEvent: (event) => events.push(event),
    ...options,
  });
  return { vault, store, events, clock };
}

/** As `buildVault`, made with `password` and unlocked by a person. */
export async function buildOpenVault(options: Parameters<typeof buildVault>[0] = {}): Promise<TestVault> {
  const test = buildVault(options);
  await test.vault.initialise(password, { by: "person" });
  return test;
}

/** The code a vault operation was refused with; any other outcome comes back as it is. */
export async function refusalOf(operation: Promise<unknown>): Promise<unknown> {
  try {
    return await operation;
  } catch (error) {
    if (error instanceof VaultError) return error.code satisfies VaultErrorCode;
    throw error;
  }
}
