import { assertEntryName } from "./entry-name.ts";
import { encodeEntryValue } from "./entry-value.ts";
import { findStoredEntry, openStoredEntry, sealStoredEntry } from "./stored-entry.ts";
import type { Vault } from "./vault.ts";
import type { VaultParts } from "./vault-parts.ts";

export type VaultEntries = Pick<Vault, "get" | "set" | "delete" | "names" | "sealedEntries">;

/** Reading and writing single entries. */
export function createVaultEntries({ store, session, emit, now, random }: VaultParts): VaultEntries {
  return {
    async get(name) {
      assertEntryName(name);
      const value = await session.read(({ stored, held }) =>
        openStoredEntry(held.dataKey, findStoredEntry(stored.entries, name)),
      );
      const text = value.toString("utf8");
      value.fill(0);
      return text;
    },
    async set(name, text, options) {
      assertEntryName(name);
      const value = encodeEntryValue(text);
      const target = options?.store ?? store;
      try {
        await session.change(({ stored, held }) => {
          const before = stored.entries.find((entry) => entry.name === name);
          const entry = sealStoredEntry(held.dataKey, { name, value, before, nowMs: now(), random });
          return {
            write: () => target.putEntry(stored.revision, entry),
            onDone: () => emit({ type: "entry-written", name, version: entry.version }),
          };
        });
      } finally {
        value.fill(0);
      }
    },
    async delete(name, options) {
      assertEntryName(name);
      const target = options?.store ?? store;
      await session.change(({ stored }) => {
        findStoredEntry(stored.entries, name);
        return {
          write: () => target.deleteEntry(stored.revision, name),
          onDone: () => emit({ type: "entry-deleted", name }),
        };
      });
    },
    names: (prefix = "") =>
      session.read(({ stored }) =>
        stored.entries
          .map(({ name }) => name)
          .filter((name) => name.startsWith(prefix))
          .toSorted(),
      ),
    async sealedEntries(prefix = "") {
      const { entries } = await session.loadExisting();
      return entries
        .filter(({ name }) => name.startsWith(prefix))
        .map(({ name, sealed, version }) => ({ name, sealed, version }));
    },
  };
}
