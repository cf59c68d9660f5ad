import { randomBytes } from "node:crypto";
import { describe, expect, test } from "vitest";
import { parseSource } from "./imports/import-source.ts";
import { renameEntry } from "./imports/rename-entry.ts";
import { buildOpenVault, password, refusalOf, type TestVault } from "./testing/build-vault.ts";
import { exportGenerationA, exportGenerationB, exportGenerationC } from "./testing/older-vaults.ts";
import type { Vault } from "./vault.ts";

const oldPassword = "the old password";
const rawKeyHex = "0123456789abcdef".repeat(4);

async function valuesOf(vault: Vault): Promise<Record<string, string>> {
  const names = await vault.names();
  return Object.fromEntries(await Promise.all(names.map(async (name) => [name, await vault.get(name)])));
}

async function filled(): Promise<TestVault> {
  const built = await buildOpenVault();
  await built.vault.set("provider:openai:api_key", "sk-1");
  await built.vault.set("secret:webhook", "whsec_2");
  return built;
}

describe("our own export", () => {
  test("S2-37, S3-4, S3-45: an export is a versioned JSON envelope and imports again, into any vault", async () => {
    const source = await filled();
    const text = JSON.stringify(await source.vault.export());
    expect(text).toContain('"format":"tokenhub-vault-export","version":1');
    const target = await buildOpenVault();
    const result = await target.vault.import({ source: text, credential: { password } });
    expect(result).toEqual({
      format: "tokenhub",
      imported: ["provider:openai:api_key", "secret:webhook"],
      kept: [],
    });
    expect(await valuesOf(target.vault)).toEqual(await valuesOf(source.vault));
    const sealedThere = new Set(source.store.record?.entries.map(({ sealed }) => sealed));
    expect(target.store.record?.entries.some(({ sealed }) => sealedThere.has(sealed))).toBe(false);
  });

  test("an export opens with the password of its time, and with no other", async () => {
    const { vault } = await filled();
    const source = await vault.export();
    await vault.rotatePassword({ oldPassword: password, newPassword: "a new password" });
    await vault.rotateDataKey();
    await vault.set("provider:openai:api_key", "changed");
    expect(await refusalOf(vault.import({ source, credential: { password: "a new password" } }))).toBe(
      "wrong_password",
    );
    await vault.import({ source, credential: { password } });
    expect(await vault.get("provider:openai:api_key")).toBe("sk-1");
  });

  test("S3-53: any byte changed in an export refuses it whole", async () => {
    const { vault, store } = await filled();
    const bytes = Buffer.from(JSON.stringify(await vault.export()));
    const before = store.record;
    for (let at = 0; at < bytes.length; at += 1) {
      const changed = Buffer.from(bytes);
      changed[at] = (changed[at] ?? 0) ^ 0x01;
      const source = changed.toString("utf8");
      const refusal = await refusalOf(vault.import({ source, credential: { password } }));
      expect(["tampered", "wrong_password", "invalid_import"]).toContain(refusal);
    }
    expect(store.record).toEqual(before);
  });

  test("S3-53: an export with an entry left out, doubled or in another order is refused", async () => {
    const { vault } = await filled();
    const source = await vault.export();
    const [first, second] = source.entries;
    for (const entries of [[first], [first, second, second], [second, first], []]) {
      expect(
        await refusalOf(vault.import({ source: { ...source, entries }, credential: { password } })),
      ).toBe("tampered");
    }
  });
});

describe("generation A", () => {
  test("S0-47, S0-49, S2-33, S2-34, S2-37: an export (PBKDF2, AES-256-CBC) opens with its password and is sealed anew", async () => {
    const { vault, store } = await buildOpenVault();
    const source = exportGenerationA(
      { provider_openai_api_key: "sk-a", "provider_my-provider_api_key": "key with ümlaut", note: "x" },
      oldPassword,
    );
    const result = await vault.import({ source, credential: { password: oldPassword } });
    expect(result.format).toBe("generation-a");
    expect(await valuesOf(vault)).toEqual({
      "provider:my-provider:api_key": "key with ümlaut",
      "provider:openai:api_key": "sk-a",
      "secret:note": "x",
    });
    const stored = JSON.stringify(store.record);
    for (const sealed of Object.values(source.data)) expect(stored).not.toContain(sealed);
    for (const { sealed } of store.record?.entries ?? []) expect(sealed).toMatch(/^v1\.dk_/);
  });

  test("values of every length around a block come through", async () => {
    const { vault } = await buildOpenVault();
    const values = Object.fromEntries(
      Array.from({ length: 50 }, (_, length) => [`v${length}`, "x".repeat(length + 1)]),
    );
    await vault.import({
      source: exportGenerationA(values, oldPassword),
      credential: { password: oldPassword },
    });
    for (const [name, value] of Object.entries(values)) expect(await vault.get(`secret:${name}`)).toBe(value);
  });

  test("what a wrong password may leave, text that nobody types, is taken for a wrong password", async () => {
    const { vault } = await buildOpenVault();
    for (const garbage of ["key\u{1}", "\u{0}", "\u{1b}[0m"]) {
      const source = exportGenerationA({ x: garbage }, oldPassword);
      expect(await refusalOf(vault.import({ source, credential: { password: oldPassword } }))).toBe(
        "wrong_password",
      );
    }
  });

  test("a wrong password imports nothing", async () => {
    const { vault, store } = await buildOpenVault();
    const before = store.record;
    const values = { provider_a_api_key: "sk-0123456789", provider_b_api_key: "sk-9876543210" };
    const source = exportGenerationA(values, oldPassword);
    const refusal = await refusalOf(vault.import({ source, credential: { password: "not the password" } }));
    expect(["wrong_password", "tampered"]).toContain(refusal);
    expect(store.record).toEqual(before);
  });
});

describe("generation B", () => {
  test("S3-4, S3-74: an export, or vault.stored_keys, opens with the raw key and is sealed anew", async () => {
    const { vault } = await buildOpenVault();
    const source = exportGenerationB({ openai_api_key: "sk-b", other: "y" }, rawKeyHex);
    const result = await vault.import({ source: JSON.stringify(source), credential: { rawKeyHex } });
    expect(result.format).toBe("generation-b");
    expect(await valuesOf(vault)).toEqual({ "provider:openai:api_key": "sk-b", "secret:other": "y" });
  });

  test("S2-50, S3-74: keys pre-loaded at every start do not undo what an admin changed since", async () => {
    const { vault, store } = await buildOpenVault();
    const source = exportGenerationB({ openai_api_key: "sk-b", anthropic_api_key: "sk-c" }, rawKeyHex);
    const preload = () => vault.import({ source, credential: { rawKeyHex }, existing: "keep" });
    await preload();
    await vault.set("provider:openai:api_key", "changed by an admin");
    await vault.delete("provider:anthropic:api_key");
    expect(await preload()).toEqual({
      format: "generation-b",
      imported: ["provider:anthropic:api_key"],
      kept: ["provider:openai:api_key"],
    });
    expect(await vault.get("provider:openai:api_key")).toBe("changed by an admin");
    const { revision } = store.record ?? {};
    expect((await preload()).imported).toEqual([]);
    expect(store.record?.revision).toBe(revision);
    await vault.set("secret:after", "an import that changed nothing");
    expect(store.record?.revision).toBe((revision ?? 0) + 1);
  });

  test("S3-45: another key, or none at all, is refused and imports nothing", async () => {
    const { vault, store } = await buildOpenVault();
    const before = store.record;
    const source = exportGenerationB({ openai_api_key: "sk-b" }, rawKeyHex);
    expect(await refusalOf(vault.import({ source, credential: { rawKeyHex: "f".repeat(64) } }))).toBe(
      "wrong_password",
    );
    expect(await refusalOf(vault.import({ source, credential: { rawKeyHex: "short" } }))).toBe("invalid_key");
    expect(await refusalOf(vault.import({ source, credential: { password: oldPassword } }))).toBe(
      "invalid_import",
    );
    expect(store.record).toEqual(before);
  });

  test("S3-53: one damaged entry among good ones refuses the whole import", async () => {
    const { vault, store } = await buildOpenVault();
    const before = store.record;
    const good = exportGenerationB({ a_api_key: "1", b_api_key: "2" }, rawKeyHex);
    const foreign = exportGenerationB({ c_api_key: "3" }, "f".repeat(64));
    expect(
      await refusalOf(vault.import({ source: { ...good, ...foreign }, credential: { rawKeyHex } })),
    ).toBe("tampered");
    expect(store.record).toEqual(before);
  });
});

describe("generation C", () => {
  test("a stored vault (Argon2id, AES-256-GCM) opens with its password and keeps its names", async () => {
    const { vault } = await buildOpenVault();
    const values = { "provider:openai:api_key": "sk-c", "secret:x": "y", odd: "z" };
    const result = await vault.import({
      source: exportGenerationC(values, oldPassword),
      credential: { password: oldPassword },
    });
    expect(result.format).toBe("generation-c");
    expect(await valuesOf(vault)).toEqual({
      "provider:openai:api_key": "sk-c",
      "secret:odd": "z",
      "secret:x": "y",
    });
  });

  test("generations A and C are told apart even when the lengths of their entries fit both", async () => {
    const fitsBoth = { "secret:x": "four" };
    const { vault } = await buildOpenVault();
    const fromC = await vault.import({
      source: exportGenerationC(fitsBoth, oldPassword),
      credential: { password: oldPassword },
    });
    const fromA = await vault.import({
      source: exportGenerationA(fitsBoth, oldPassword),
      credential: { password: oldPassword },
    });
    expect([fromC.format, fromA.format]).toEqual(["generation-c", "generation-a"]);
  });
});

describe("any import", () => {
  test.each([
    ["no JSON", "{"],
    ["a number", 3],
    ["null", null],
    ["a list", []],
    ["nothing", {}],
    ["a salt that is too short", { salt: "AAAA", data: {} }],
    ["data that are no Base64", { salt: randomBytes(16).toString("base64"), data: { a: "%%" } }],
    ["data of no known length", { salt: randomBytes(16).toString("base64"), data: { a: "AAAA" } }],
    ["an export of a later version", { format: "tokenhub-vault-export", version: 2 }],
  ])("%s is refused", async (_what, source) => {
    const { vault } = await buildOpenVault();
    expect(await refusalOf(vault.import({ source, credential: { password: oldPassword } }))).toBe(
      "invalid_import",
    );
  });

  test.each([
    ["two names that become one", { x: "1", "secret:x": "2" }],
    ["an empty value", { x: "" }],
    ["an unusable name", { "a\u{1}b": "1" }],
  ])("%s refuse the whole import", async (_what, values) => {
    const { vault, store } = await buildOpenVault();
    const before = store.record;
    const source = exportGenerationB({ ok_api_key: "1", ...values }, rawKeyHex);
    expect(await refusalOf(vault.import({ source, credential: { rawKeyHex } }))).toBe("invalid_import");
    expect(store.record).toEqual(before);
  });

  test.each([
    ["provider_openai_api_key", "generation-a", "provider:openai:api_key"],
    ["openai_api_key", "generation-a", "secret:openai_api_key"],
    ["openai_api_key", "generation-b", "provider:openai:api_key"],
    ["vllm-local_api_key", "generation-b", "provider:vllm-local:api_key"],
    ["_api_key", "generation-b", "secret:_api_key"],
    ["secret:x", "generation-a", "secret:x"],
    ["provider:a:api_key", "generation-c", "provider:a:api_key"],
    ["openai_api_key", "generation-c", "secret:openai_api_key"],
    ["__proto__", "generation-b", "secret:__proto__"],
  ] as const)("%s of %s is called %s here", (name, format, expected) => {
    expect(renameEntry(name, format)).toBe(expected);
  });

  test("an import that crashes after its write is complete, and before it has left nothing", async () => {
    const source = exportGenerationB({ a_api_key: "1", b_api_key: "2" }, rawKeyHex);
    for (const [crash, count] of [
      ["before-write", 0],
      ["after-write", 2],
    ] as const) {
      const { vault, store } = await buildOpenVault();
      store.crashNext(crash);
      await expect(vault.import({ source, credential: { rawKeyHex } })).rejects.toThrow("died");
      expect((await vault.names()).length).toBe(count);
    }
  });

  test("a JSON text is read, a value is taken as it is", () => {
    expect(parseSource('{"a":1}')).toEqual({ a: 1 });
    expect(parseSource(7)).toBe(7);
  });
});
