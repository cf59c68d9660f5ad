import type { VaultContent, VaultRecord, VaultStore } from "../vault-store.ts";

/** When the process "dies": before the write is done, or after it, before the answer. */
export type Crash = "before-write" | "after-write";

export class CrashError extends Error {
  override readonly name = "CrashError";
}

export interface MemoryVaultStore extends VaultStore {
  /** What is stored now, to be looked at and tampered with. */
  record: VaultRecord | null;
  /** The next write crashes. */
  crashNext(crash: Crash): void;
  /** Runs before the next write reaches the store, as another gateway would. */
  beforeNextWrite(interfere: () => Promise<void>): void;
  readonly loads: number;
  readonly writes: number;
}

/** A store that keeps copies, so that nothing in it changes but by a write. */
export function createMemoryVaultStore(initial: VaultRecord | null = null): MemoryVaultStore {
  let record = structuredClone(initial);
  let crash: Crash | null = null;
  let interference: (() => Promise<void>) | null = null;
  let loads = 0;
  let writes = 0;

  const write = async (
    expectedRevision: number | null,
    change: (before: VaultContent) => VaultContent,
  ): Promise<boolean> => {
    const interfere = interference;
    interference = null;
    await interfere?.();
    const crashNow = crash;
    crash = null;
    if (crashNow === "before-write") throw new CrashError("died before the write");
    writes += 1;
    const isCurrent = expectedRevision === (record?.revision ?? null);
    if (isCurrent) {
      const { envelopeJson, entries } = change(record ?? { envelopeJson: "", entries: [] });
      record = structuredClone({ revision: (expectedRevision ?? 0) + 1, envelopeJson, entries });
    }
    if (crashNow === "after-write") throw new CrashError("died after the write");
    return isCurrent;
  };

  return {
    get record() {
      return structuredClone(record);
    },
    set record(next) {
      record = structuredClone(next);
    },
    get loads() {
      return loads;
    },
    get writes() {
      return writes;
    },
    crashNext(next) {
      crash = next;
    },
    beforeNextWrite(interfere) {
      interference = interfere;
    },
    load: async () => {
      loads += 1;
      return structuredClone(record);
    },
    replace: (expectedRevision, next) => write(expectedRevision, () => next),
    putEntry: (expectedRevision, entry) =>
      write(expectedRevision, ({ envelopeJson, entries }) => ({
        envelopeJson,
        entries: [...entries.filter(({ name }) => name !== entry.name), entry],
      })),
    deleteEntry: (expectedRevision, name) =>
      write(expectedRevision, ({ envelopeJson, entries }) => ({
        envelopeJson,
        entries: entries.filter((entry) => entry.name !== name),
      })),
  };
}
