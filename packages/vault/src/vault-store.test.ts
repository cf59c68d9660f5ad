import { describe, expect, test } from "vitest";
import { createMemoryVaultStore } from "./testing/memory-vault-store.ts";
import { openSqliteVaultStore } from "./testing/sqlite-vault-store.ts";
import type { StoredEntry, VaultStore } from "./vault-store.ts";

function entry(name: string, version = 1): StoredEntry {
  return { name, dataKeyId: "dk_0", sealed: `sealed ${name} ${version}`, version, updatedAtMs: 5 };
}

const stores: readonly (readonly [string, () => VaultStore])[] = [
  ["memory", () => createMemoryVaultStore()],
  ["SQLite", () => openSqliteVaultStore(":memory:")],
];

describe.each(stores)("a vault store in %s", (_name, create) => {
  test("has no vault at first, and makes one only once", async () => {
    const store = create();
    expect(await store.load()).toBeNull();
    expect(await store.replace(null, { envelopeJson: "one", entries: [] })).toBe(true);
    expect(await store.replace(null, { envelopeJson: "two", entries: [] })).toBe(false);
    expect(await store.load()).toEqual({ revision: 1, envelopeJson: "one", entries: [] });
  });

  test("adds 1 to the revision with every write, and replaces an entry of the same name", async () => {
    const store = create();
    await store.replace(null, { envelopeJson: "one", entries: [entry("b")] });
    expect(await store.putEntry(1, entry("a"))).toBe(true);
    expect(await store.putEntry(2, entry("a", 2))).toBe(true);
    expect(await store.deleteEntry(3, "b")).toBe(true);
    expect(await store.load()).toEqual({ revision: 4, envelopeJson: "one", entries: [entry("a", 2)] });
    expect(await store.replace(4, { envelopeJson: "two", entries: [entry("c")] })).toBe(true);
    expect(await store.load()).toEqual({ revision: 5, envelopeJson: "two", entries: [entry("c")] });
  });

  test("does nothing for a writer that expects another revision", async () => {
    const store = create();
    await store.replace(null, { envelopeJson: "one", entries: [entry("a")] });
    const before = await store.load();
    for (const revision of [0, 2]) {
      expect(await store.putEntry(revision, entry("b"))).toBe(false);
      expect(await store.deleteEntry(revision, "a")).toBe(false);
      expect(await store.replace(revision, { envelopeJson: "two", entries: [] })).toBe(false);
    }
    expect(await store.load()).toEqual(before);
  });
});
