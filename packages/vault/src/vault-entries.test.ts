import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inspect } from "node:util";
import { describe, expect, test } from "vitest";
import { createVault } from "./create-vault.ts";
import { buildOpenVault, buildVault, cheapCost, password, refusalOf } from "./testing/build-vault.ts";
import { createMemoryVaultStore } from "./testing/memory-vault-store.ts";
import { openSqliteVaultStore } from "./testing/sqlite-vault-store.ts";
import type { Vault } from "./vault.ts";
import { VaultError } from "./vault-error.ts";
import type { VaultStore } from "./vault-store.ts";

const name = "provider:openai:api_key";
const value = "sk-live-0123456789abcdef";

describe("entries", () => {
  test("S3-3, S3-45: a key is set, read, replaced and deleted", async () => {
    const { vault, events } = await buildOpenVault();
    await vault.set(name, value);
    expect(await vault.get(name)).toBe(value);
    await vault.set(name, "sk-2");
    expect(await vault.get(name)).toBe("sk-2");
    await vault.delete(name);
    expect(await refusalOf(vault.get(name))).toBe("secret_not_found");
    expect(events.slice(1)).toEqual([
      { type: "entry-written", name, version: 1 },
      { type: "entry-written", name, version: 2 },
      { type: "entry-deleted", name },
    ]);
  });

  test("S3-3, S3-45: a missing key is an error when read and when deleted, not an empty value", async () => {
    const { vault, store } = await buildOpenVault();
    expect(await refusalOf(vault.get(name))).toBe("secret_not_found");
    expect(await refusalOf(vault.delete(name))).toBe("secret_not_found");
    expect(store.record?.revision).toBe(1);
  });

  test("names are listed sorted and by prefix, never with their values", async () => {
    const { vault } = await buildOpenVault();
    await vault.set("secret:b", "x");
    await vault.set(name, value);
    await vault.set("secret:a", "x");
    expect(await vault.names()).toEqual([name, "secret:a", "secret:b"]);
    expect(await vault.names("secret:")).toEqual(["secret:a", "secret:b"]);
  });

  test("a name or value that cannot be kept unchanged is refused", async () => {
    const { vault } = await buildOpenVault();
    for (const wrong of ["", "openai", "provider::api_key", "secret:a\u{0}b"]) {
      expect(await refusalOf(vault.set(wrong, "x"))).toBe("invalid_entry");
      expect(await refusalOf(vault.get(wrong))).toBe("invalid_entry");
    }
    for (const wrong of ["", "\u{d800}", "x".repeat(65_537)]) {
      expect(await refusalOf(vault.set("secret:a", wrong))).toBe("invalid_entry");
    }
    const largest = "ü".repeat(32_768);
    await vault.set("secret:a", largest);
    expect(await vault.get("secret:a")).toBe(largest);
  });

  test("many writes at the same time, from two gateways, all arrive", async () => {
    const store = createMemoryVaultStore();
    const one = await buildOpenVault({ store });
    const two = buildVault({ store });
    await two.vault.unlock(password, { by: "person" });
    const numbers = Array.from({ length: 60 }, (_, number) => number);
    await Promise.all(
      numbers.map((number) =>
        (number % 2 === 0 ? one : two).vault.set(`secret:${number}`, `value ${number}`),
      ),
    );
    for (const number of numbers) expect(await one.vault.get(`secret:${number}`)).toBe(`value ${number}`);
    expect(store.record?.revision).toBe(61);
  });

  test("S2-42: a write can be part of the caller's transaction, and is undone with it", async () => {
    const { vault, store } = await buildOpenVault();
    const rows: string[] = [];
    const withRow = {
      putEntry: async (...args: Parameters<typeof store.putEntry>) => {
        const isDone = await store.putEntry(...args);
        if (isDone) rows.push("audit");
        return isDone;
      },
    };
    await vault.set(name, value, { store: withRow });
    expect([await vault.get(name), rows]).toEqual([value, ["audit"]]);
    const failing = { putEntry: () => Promise.reject(new Error("the provider row is invalid")) };
    await expect(vault.set(name, "sk-2", { store: failing })).rejects.toThrow("the provider row is invalid");
    expect(await vault.get(name)).toBe(value);
  });

  test("a gateway that meets another writer at every attempt gives up with a conflict", async () => {
    const { vault, store } = await buildOpenVault();
    const losing = { putEntry: async () => false };
    expect(await refusalOf(vault.set(name, value, { store: losing }))).toBe("conflict");
    expect(store.record?.entries).toEqual([]);
  });
});

describe("at rest", () => {
  test("S0-3, S2-43, S3-52: neither the store nor an export nor a lease nor an event holds a value, password or key in clear", async () => {
    const { vault, store, events } = await buildOpenVault();
    await vault.set(name, value);
    const exported = await vault.export();
    const lease = await vault.sealLease({ clusterSecret: Buffer.alloc(32, 9), ttlMs: 60_000 });
    const text = JSON.stringify([store.record, exported, lease, events, await vault.sealedEntries()]);
    for (const clear of [value, password]) {
      for (const encoding of ["utf8", "base64", "base64url", "hex"] as const) {
        expect(text).not.toContain(Buffer.from(clear).toString(encoding).slice(0, 10));
      }
    }
  });

  test("S0-50, S2-35, S2-44: two vaults with the same password and value share no salt, key or ciphertext", async () => {
    const stores = [createMemoryVaultStore(), createMemoryVaultStore()];
    const secretParts = await Promise.all(
      stores.map(async (store) => {
        const { vault } = await buildOpenVault({ store });
        await vault.set(name, value);
        const envelope: Record<string, string> = JSON.parse(store.record?.envelopeJson ?? "{}");
        const salt = Buffer.from(envelope["derivation"]?.split("$").at(-1) ?? "", "base64");
        const parts = [salt, envelope["verifier"], envelope["sealedDataKey"]].map((part) =>
          typeof part === "string" ? Buffer.from(part, "base64url") : (part ?? Buffer.alloc(0)),
        );
        const sealed = store.record?.entries[0]?.sealed.split(".")[2] ?? "";
        return Buffer.concat([...parts, Buffer.from(sealed, "base64url")]);
      }),
    );
    const [one = Buffer.alloc(0), two = Buffer.alloc(0)] = secretParts;
    for (let at = 0; at + 4 <= one.length; at += 1)
      expect(two.includes(one.subarray(at, at + 4))).toBe(false);
  });

  test("S2-38, S2-50, S1d-23: a vault in SQL survives a restart, sealed, with its derivation and salt beside it", async () => {
    const folder = await mkdtemp(join(tmpdir(), "tokenhub-vault-"));
    try {
      const path = join(folder, "vault.db");
      {
        using store = openSqliteVaultStore(path);
        const first = vaultOn(store);
        expect(await first.state()).toBe("uninitialised");
        await first.initialise(password, { by: "configuration" });
        await first.set(name, value);
      }
      const file = await readFile(path);
      expect(file.includes(value)).toBe(false);
      expect(file.includes("$argon2id$v=19$m=8,t=1,p=1$")).toBe(true);
      using store = openSqliteVaultStore(path);
      const second = vaultOn(store);
      expect(await second.state()).toBe("locked");
      expect(await second.unlockOrInitialise(password, { by: "configuration" })).toBe("unlocked");
      expect(await second.get(name)).toBe(value);
      await second.rotateDataKey();
      expect(await second.get(name)).toBe(value);
      await second.delete(name);
      expect(await second.names()).toEqual([]);
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  test("a vault prints none of its keys, and its errors hold no value and no password", async () => {
    const { vault, store } = await buildOpenVault();
    await vault.set(name, value);
    const printed = [inspect(vault, { depth: null, showHidden: true }), JSON.stringify(vault)].join();
    expect(printed).not.toMatch(/Buffer|Uint8Array|sk-live/);

    const tampered = store.record;
    if (tampered === null) throw new Error("There is no record.");
    store.record = { ...tampered, entries: tampered.entries.map((entry) => ({ ...entry, sealed: value })) };
    const refused = await Promise.allSettled([
      vault.get(name),
      vault.unlock(`${password}!`, { by: "person" }),
      vault.set("wrong", value),
      vault.rotatePassword({ oldPassword: password, newPassword: "seven77" }),
      vault.import({ source: `{"${value}`, credential: { password } }),
      vault.import({ source: { [value]: "%" }, credential: { rawKeyHex: value } }),
    ]);
    for (const outcome of refused) {
      if (outcome.status === "fulfilled") throw new Error("It was not refused.");
      expect(outcome.reason).toBeInstanceOf(VaultError);
      expect(inspect(outcome.reason)).not.toMatch(/sk-live|correct horse|seven77/);
    }
  });
});

function vaultOn(store: VaultStore): Vault {
  return createVault({ store, now: () => 0, derivationCost: cheapCost, allowWeakDerivation: true });
}

describe("tampering", () => {
  test("S3-53: any byte changed in the stored envelope keeps the vault shut", async () => {
    const { store } = await buildOpenVault();
    const record = store.record;
    if (record === null) throw new Error("There is no record.");
    const bytes = Buffer.from(record.envelopeJson);
    for (let at = 0; at < bytes.length; at += 1) {
      for (const mask of [0x01, 0x02, 0x20]) {
        const changed = Buffer.from(bytes);
        changed[at] = (changed[at] ?? 0) ^ mask;
        store.record = { ...record, envelopeJson: changed.toString("utf8") };
        const { vault } = buildVault({ store });
        const refusal = await refusalOf(vault.unlock(password, { by: "person" }));
        expect(["tampered", "wrong_password"]).toContain(refusal);
      }
    }
    store.record = record;
    await buildVault({ store }).vault.unlock(password, { by: "person" });
  });

  test("S3-53: a field that the envelope does not know, and that nothing authenticates, is refused", async () => {
    const { store } = await buildOpenVault();
    const record = store.record;
    if (record === null) throw new Error("There is no record.");
    store.record = { ...record, envelopeJson: record.envelopeJson.replace("{", '{"comment":"x",') };
    const { vault } = buildVault({ store });
    expect(await refusalOf(vault.unlock(password, { by: "person" }))).toBe("tampered");
  });

  test("S3-53: a stored entry that was changed, renamed, exchanged or attributed to another key is refused", async () => {
    const { vault, store } = await buildOpenVault();
    await vault.set("secret:a", "one");
    await vault.set("secret:b", "two");
    const record = store.record;
    if (record === null) throw new Error("There is no record.");
    const [a, b] = record.entries;
    if (a === undefined || b === undefined) throw new Error("There are no entries.");
    const changes = [
      { ...a, sealed: b.sealed },
      { ...a, sealed: a.sealed.replace(/.$/, (last) => (last === "A" ? "B" : "A")) },
      { ...a, dataKeyId: "dk_0000000000000000" },
      { ...b, name: "secret:a" },
      { ...a, sealed: "" },
    ];
    for (const changed of changes) {
      store.record = { ...record, entries: [changed, { ...b }] };
      expect(await refusalOf(vault.get("secret:a"))).toBe("tampered");
      expect(await vault.get("secret:b")).toBe("two");
    }
    const before = store.record;
    expect(await refusalOf(vault.rotateDataKey())).toBe("tampered");
    expect(store.record).toEqual(before);
  });

  test("a vault that somebody put in the place of ours gets no secret of ours", async () => {
    const ours = await buildOpenVault();
    const theirs = await buildOpenVault();
    ours.store.record = theirs.store.record;
    expect(await refusalOf(ours.vault.set("secret:a", "x"))).toBe("vault_locked");
    expect(ours.events.at(-1)).toEqual({ type: "vault-locked", reason: "superseded" });
    expect(ours.store.record?.entries).toEqual([]);
  });

  test("a vault whose record is gone is locked", async () => {
    const { vault, store } = await buildOpenVault();
    store.record = null;
    expect(await refusalOf(vault.set("secret:a", "x"))).toBe("vault_uninitialised");
    expect(vault.isUnlocked()).toBe(false);
    expect(await vault.state()).toBe("uninitialised");
  });
});
