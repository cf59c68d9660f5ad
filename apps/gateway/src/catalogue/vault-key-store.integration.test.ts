import { TokenHubError } from "@tokenhub/contracts";
import { createVaultRepository, openDatabase, type Database } from "@tokenhub/persistence";
import { createVault, type Vault } from "@tokenhub/vault";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { ProviderKeyStore } from "./provider-key-store.ts";
import { createVaultKeyStore } from "./vault-key-store.ts";

const password = "a password for tests";
let directory: string;
let database: Database;
let vault: Vault;
let keys: ProviderKeyStore;

const cost = { algorithm: "argon2id", passes: 1, memoryKiB: 8, lanes: 1 } as const;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "tokenhub-keys-"));
  database = await openDatabase({ kind: "sqlite", path: join(directory, "keys.db") });
  await database.migrate();
});
afterAll(async () => {
  await database[Symbol.asyncDispose]();
  await rm(directory, { recursive: true, force: true });
});
beforeEach(async () => {
  await database.db.deleteFrom("vault_entries").execute();
  await database.db.deleteFrom("vault_envelope").execute();
  await database.db.deleteFrom("settings").execute();
  vault = createVault({
    store: createVaultRepository(database.db, { now: Date.now }),
    now: Date.now,
    derivationCost: cost,
    allowWeakDerivation: true,
  });
  keys = createVaultKeyStore({ vault, db: database.db, settled: async () => undefined, now: Date.now });
});

/** A change beside the key, which tests can see. */
const note = (name: string) => async (begun: Database["db"]) => {
  await begun.insertInto("settings").values({ name, value_json: "1", updated_at_ms: 0 }).execute();
  return name;
};
const isNoted = async (name: string) =>
  (await database.db.selectFrom("settings").select("name").where("name", "=", name).execute()).length === 1;

describe("provider keys in the vault", () => {
  it("S2-42: a key and what is changed with it are written together", async () => {
    await vault.initialise(password, { by: "person" });
    expect(await keys.set("p", { key: "sk-1", alongside: note("with") })).toBe("with");
    expect(await keys.read("p")).toBe("sk-1");
    expect(await isNoted("with")).toBe(true);
    expect(await keys.havingKey(["p", "q"])).toEqual(new Set(["p"]));
  });

  it("S2-42: where the change fails the key is not written, and the present one stays", async () => {
    await vault.initialise(password, { by: "person" });
    await keys.set("p", { key: "sk-old", alongside: note("first") });
    const refusal = new TokenHubError("already_exists", "no");
    const refused = async (begun: Database["db"]) => {
      await note("half")(begun);
      throw refusal;
    };
    await expect(keys.set("p", { key: "sk-new", alongside: refused })).rejects.toBe(refusal);
    await expect(keys.remove("p", { alongside: refused })).rejects.toBe(refusal);
    expect(await isNoted("half")).toBe(false);
    expect(await keys.read("p")).toBe("sk-old");
  });

  it("S2-42: with a vault that is locked or not there nothing is changed, and the error says which", async () => {
    await expect(keys.set("p", { key: "k", alongside: note("early") })).rejects.toMatchObject({
      code: "vault_uninitialised",
    });
    await vault.initialise(password, { by: "person" });
    vault.lock();
    await expect(keys.set("p", { key: "k", alongside: note("locked") })).rejects.toMatchObject({
      code: "vault_locked",
    });
    expect([await isNoted("early"), await isNoted("locked")]).toEqual([false, false]);
    await expect(keys.read("p")).rejects.toMatchObject({ code: "vault_locked" });
    expect(await keys.havingKey(["p"])).toEqual(new Set());
  });

  it("a key is deleted with the change whether the vault is open, locked or not there", async () => {
    expect(await keys.remove("p", { alongside: note("none") })).toBe("none");
    await vault.initialise(password, { by: "person" });
    expect(await keys.remove("p", { alongside: note("absent") })).toBe("absent");
    await keys.set("p", { key: "k", alongside: note("set-1") });
    expect(await keys.remove("p", { alongside: note("open") })).toBe("open");
    expect(await keys.havingKey(["p"])).toEqual(new Set());
    await keys.set("p", { key: "k", alongside: note("set-2") });
    vault.lock();
    expect(await keys.havingKey(["p"])).toEqual(new Set(["p"]));
    expect(await keys.remove("p", { alongside: note("locked") })).toBe("locked");
    expect(await keys.havingKey(["p"])).toEqual(new Set());
    await vault.unlock(password, { by: "person" });
    expect(await keys.read("p")).toBeNull();
  });

  it("keys written at once, through two vaults over one database, are all there, each with its change", async () => {
    await vault.initialise(password, { by: "person" });
    const other = createVault({
      store: createVaultRepository(database.db, { now: Date.now }),
      now: Date.now,
      derivationCost: cost,
      allowWeakDerivation: true,
    });
    await other.unlock(password, { by: "person" });
    const others = createVaultKeyStore({
      vault: other,
      db: database.db,
      settled: async () => undefined,
      now: Date.now,
    });
    const ids = Array.from({ length: 8 }, (_, index) => `p${index}`);
    await Promise.all(
      ids.map((id, index) =>
        (index % 2 === 0 ? keys : others).set(id, { key: `key of ${id}`, alongside: note(id) }),
      ),
    );
    expect(await keys.havingKey(ids)).toEqual(new Set(ids));
    for (const id of ids) expect([await others.read(id), await isNoted(id)]).toEqual([`key of ${id}`, true]);
  });
});
