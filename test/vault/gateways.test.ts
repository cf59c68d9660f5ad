import { startChaosProxy, until } from "@tokenhub/testkit";
import { readFile, readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { expect, inject, it } from "vitest";
import { ask } from "../lifecycle/ask.ts";
import { admin } from "./admin.ts";
import { sealForGenerationB } from "./older-exports.ts";
import { adminPassword, openVaultSite, seen, type VaultSite } from "./vault-site.ts";

const key = "sk-sealed-key-0123456789";
const open = (options: Partial<Parameters<typeof openVaultSite>[0]> = {}): Promise<VaultSite> =>
  openVaultSite({ redisUrl: inject("redisUrl"), ...options });
const isLocked = async (site: VaultSite, gateway: { readonly url: string }): Promise<boolean> =>
  (await site.admin(gateway, "GET /info")).body.vault_locked;

it("S2-38, D19, C7: after a restart the configured password opens the vault again, and the key in it works", async () => {
  await using site = await open();
  {
    await using gateway = await site.startAll();
    expect((await site.admin(gateway, "PATCH /providers/sealed", { api_key: key })).status).toBe(200);
  }
  const bytes = await readFile(join(site.directory, "tokenhub.db"), "latin1");
  expect(bytes).not.toContain(key);
  const again = await site.startGateway();
  expect(await isLocked(site, again)).toBe(false);
  expect((await ask(again, { model: "sealed-model" })).status).toBe(200);
  expect(site.keysSeen("up-sealed")).toEqual([seen(key)]);
});

it("workers go on with their lease while the only gateway restarts", async () => {
  await using site = await open();
  {
    await using gateway = await site.startAll();
    await site.admin(gateway, "PATCH /providers/sealed", { api_key: key });
  }
  expect(await site.redis.pttl(site.keyspace.vaultLease)).toBeGreaterThan(10_000);
});

it("S1d-24: a lease that no start would bring back ends with the gateway", async () => {
  const token = "t".repeat(32);
  await using site = await open({
    env: { TOKENHUB_ADMIN_PASSWORD: "", TOKENHUB_ADMIN_TOKEN: token, TOKENHUB_DEPLOYMENT: "production" },
  });
  {
    await using gateway = await site.startAll();
    const body = { admin_password: "typed-by-a-person" };
    await admin(gateway, { call: "POST /vault/unlock", body, bearer: token });
    await until("the lease", () => site.redis.exists(site.keyspace.vaultLease));
    expect(await site.redis.pttl(site.keyspace.vaultLease)).toBeGreaterThan(1_000_000);
  }
  expect(await site.redis.exists(site.keyspace.vaultLease)).toBe(0);
});

it("of two gateways each uses what the other stores; a lock at one locks both, an unlock opens both", async () => {
  await using site = await open();
  const first = await site.startAll();
  const second = await site.startGateway();
  await site.admin(first, "PATCH /providers/sealed", { api_key: "sk-by-the-first" });
  expect((await ask(second, { model: "sealed-model" })).status).toBe(200);
  await site.admin(second, "PATCH /providers/sealed", { api_key: "sk-by-the-second" });
  expect((await ask(first, { model: "sealed-model" })).status).toBe(200);
  expect(site.keysSeen("up-sealed")).toEqual(["sk-by-the-first", "sk-by-the-second"].map(seen));

  await site.admin(first, "POST /vault/lock");
  await until("the other lock", () => isLocked(site, second), 2_000);
  await until("no lease", async () => (await site.redis.exists(site.keyspace.vaultLease)) === 0, 1_000);
  expect((await ask(second, { model: "sealed-model" })).status).toBe(503);

  await site.admin(second, "POST /vault/unlock", { admin_password: adminPassword });
  expect((await ask(first, { model: "sealed-model" })).status).toBe(200);
  await until("the other unlock", async () => !(await isLocked(site, first)), 2_000);
  await site.admin(first, "POST /vault/rotate-data-key");
  expect((await ask(second, { model: "sealed-model" })).status).toBe(200);
});

it("a gateway that was cut off from Redis while the vault was locked locks itself when it is back", async () => {
  await using site = await open();
  const redisUrl = new URL(inject("redisUrl"));
  await using proxy = await startChaosProxy({ upstreamPort: Number(redisUrl.port || 6379) });
  const first = await site.startAll();
  await site.admin(first, "PATCH /providers/sealed", { api_key: key });
  const throughProxy = new URL(redisUrl);
  throughProxy.port = String(proxy.port);
  await using second = await site.startGateway({ redisUrl: throughProxy.href });
  proxy.set({ isDown: true });
  proxy.cut();
  await site.admin(first, "POST /vault/lock");
  expect(await isLocked(site, second)).toBe(false);
  proxy.recover();
  await until("the other lock", () => isLocked(site, second), 20_000);
  const hasNoLease = async (): Promise<boolean> => (await site.redis.exists(site.keyspace.vaultLease)) === 0;
  await until("no lease", hasNoLease, 1_000);
  expect((await ask(first, { model: "sealed-model" })).status).toBe(503);
});

it("S2-38, S2-46: a wrong configured password stops the start with a sentence, and nothing is written", async () => {
  await using site = await open();
  {
    await using gateway = await site.startGateway();
    await site.admin(gateway, "PATCH /providers/sealed", { api_key: key });
  }
  const before = await filesOf(site.directory);
  await expect(
    site.startGateway({ env: { TOKENHUB_ADMIN_PASSWORD: "some-other-password" } }),
  ).rejects.toThrow(
    "The vault cannot be opened with TOKENHUB_ADMIN_PASSWORD: It was made under another password.",
  );
  expect(await filesOf(site.directory)).toEqual(before);
  await using again = await site.startGateway();
  expect(await isLocked(site, again)).toBe(false);
});

async function filesOf(directory: string): Promise<string[]> {
  return (await readdir(directory)).filter((name) => !name.startsWith("tokenhub.db-"));
}

it("D6, S4-2: without an admin password the encryption key is the vault's password", async () => {
  const encryptionKey = "0123456789abcdef".repeat(4);
  await using site = await open({
    env: { TOKENHUB_ADMIN_PASSWORD: "", TOKENHUB_ENCRYPTION_KEY: encryptionKey },
  });
  await using gateway = await site.startGateway();
  const bearer = (await readFile(join(site.directory, "admin-token"), "utf8")).trim();
  const call = (what: string, body?: unknown) => admin(gateway, { call: what, body, bearer });
  expect((await call("GET /info")).body).toMatchObject({ vault_locked: false, vault_initialized: true });
  await call("POST /vault/lock");
  expect((await call("POST /vault/unlock", { admin_password: encryptionKey })).status).toBe(200);
  expect(await readdir(site.directory)).not.toContain("vault-password");
});

it("S4-42, D6: the raw key is changed like a password, and the next start opens with the new one", async () => {
  const [before, after] = ["ab".repeat(32), "cd".repeat(32)];
  await using site = await open({
    env: {
      TOKENHUB_ADMIN_PASSWORD: "",
      TOKENHUB_ADMIN_TOKEN: "t".repeat(32),
      TOKENHUB_ENCRYPTION_KEY: before,
    },
  });
  const bearer = "t".repeat(32);
  {
    await using gateway = await site.startAll();
    await admin(gateway, { call: "PATCH /providers/sealed", body: { api_key: key }, bearer });
    const body = { old_password: before, new_password: after };
    expect((await admin(gateway, { call: "POST /vault/rotate", body, bearer })).body).toMatchObject({
      ok: true,
      outdated_setting: "TOKENHUB_ENCRYPTION_KEY",
    });
  }
  await expect(site.startGateway()).rejects.toThrow("TOKENHUB_ENCRYPTION_KEY");
  await using again = await site.startGateway({ env: { TOKENHUB_ENCRYPTION_KEY: after } });
  expect((await ask(again, { model: "sealed-model" })).status).toBe(200);
});

it("the order of the secrets: TOKENHUB_VAULT_PASSWORD before TOKENHUB_ADMIN_PASSWORD, which stays a bearer only", async () => {
  await using site = await open({ env: { TOKENHUB_VAULT_PASSWORD: "only-for-the-vault" } });
  await using gateway = await site.startGateway();
  await site.admin(gateway, "POST /vault/lock");
  const wrong = await site.admin(gateway, "POST /vault/unlock", { admin_password: adminPassword });
  expect([wrong.status, wrong.body.error.code]).toEqual([401, "wrong_password"]);
  const body = { admin_password: "only-for-the-vault" };
  expect((await site.admin(gateway, "POST /vault/unlock", body)).status).toBe(200);
});

it("C7, D3: a local installation without secrets makes both, keeps them 0600, and opens its vault with them again", async () => {
  await using site = await open({ env: { TOKENHUB_ADMIN_PASSWORD: "" } });
  const secretOf = async (name: string): Promise<string> => {
    const path = join(site.directory, name);
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    return (await readFile(path, "utf8")).trim();
  };
  {
    await using gateway = await site.startGateway();
    const bearer = await secretOf("admin-token");
    const password = await secretOf("vault-password");
    for (const secret of [bearer, password])
      expect((await admin(gateway, { call: "GET /info", bearer: secret })).status).toBe(200);
    const body = { old_password: password, new_password: "one that I can remember " };
    expect((await admin(gateway, { call: "POST /vault/rotate", body, bearer })).body).toEqual({
      ok: true,
      kept_in: "vault-password",
    });
  }
  await using again = await site.startGateway();
  const bearer = await secretOf("admin-token");
  expect((await admin(again, { call: "GET /info", bearer })).body).toMatchObject({ vault_locked: false });
  expect(await readFile(join(site.directory, "vault-password"), "utf8")).toBe("one that I can remember \n");
  expect(await readdir(site.directory)).not.toContain("vault-password.next");
});

it("S0-21: the first password that the operator sets becomes the password of a vault that is still empty", async () => {
  await using site = await open({ env: { TOKENHUB_ADMIN_PASSWORD: "" } });
  await (await site.startGateway())[Symbol.asyncDispose]();
  const env = { TOKENHUB_ADMIN_PASSWORD: adminPassword };
  {
    await using gateway = await site.startGateway({ env });
    await site.admin(gateway, "POST /vault/lock");
    const body = { admin_password: adminPassword };
    expect((await site.admin(gateway, "POST /vault/unlock", body)).status).toBe(200);
  }
  expect(await readdir(site.directory)).not.toContain("vault-password");
});

it("with keys in the vault its own password stays until somebody changes it, and the start says so", async () => {
  await using site = await open({ env: { TOKENHUB_ADMIN_PASSWORD: "" } });
  {
    await using gateway = await site.startGateway();
    const bearer = (await readFile(join(site.directory, "admin-token"), "utf8")).trim();
    await admin(gateway, { call: "PATCH /providers/sealed", body: { api_key: key }, bearer });
  }
  await using gateway = await site.startAll({ env: { TOKENHUB_ADMIN_PASSWORD: adminPassword } });
  expect(site.logLines.join("")).toContain("the vault does not have the configured password yet");
  expect((await ask(gateway, { model: "sealed-model" })).status).toBe(200);
});

it("vault.lock_on_start leaves the vault locked until a person opens it", async () => {
  await using site = await open({ config: { vault: { lock_on_start: true } } });
  const gateway = await site.startAll();
  expect((await site.admin(gateway, "GET /info")).body).toMatchObject({
    vault_locked: true,
    vault_initialized: false,
  });
  const refused = await site.admin(gateway, "PATCH /providers/sealed", { api_key: key });
  expect([refused.status, refused.body.error.code]).toEqual([503, "vault_uninitialised"]);
  await site.admin(gateway, "POST /vault/unlock", { admin_password: adminPassword });
  expect((await site.admin(gateway, "PATCH /providers/sealed", { api_key: key })).status).toBe(200);
  expect((await ask(gateway, { model: "sealed-model" })).status).toBe(200);
});

it("S3-39, S3-73, S3-74, S2-50: vault.stored_keys are in the vault after the start, and do not replace what is there", async () => {
  const encryptionKey = "42".repeat(32);
  const storedKeys = sealForGenerationB(encryptionKey, { sealed: "sk-from-the-file" });
  await using site = await open({
    config: { vault: { encryption_key_env: "MY_OLD_KEY", stored_keys: storedKeys } },
    env: { MY_OLD_KEY: encryptionKey },
  });
  {
    await using gateway = await site.startAll();
    expect((await ask(gateway, { model: "sealed-model" })).status).toBe(200);
    await site.admin(gateway, "PATCH /providers/sealed", { api_key: "sk-changed-later" });
  }
  await using again = await site.startGateway();
  expect((await ask(again, { model: "sealed-model" })).status).toBe(200);
  expect(site.keysSeen("up-sealed")).toEqual(["sk-from-the-file", "sk-changed-later"].map(seen));
});

it("S4-47: vault.stored_keys without their key, or with another one, stop the start and name the variable", async () => {
  const storedKeys = sealForGenerationB("42".repeat(32), { sealed: "sk-from-the-file" });
  await using site = await open({ config: { vault: { stored_keys: storedKeys } } });
  await expect(site.startGateway()).rejects.toThrow(
    "set TOKENHUB_ENCRYPTION_KEY to the key they were sealed with",
  );
  await expect(site.startGateway({ env: { TOKENHUB_ENCRYPTION_KEY: "43".repeat(32) } })).rejects.toThrow(
    "vault.stored_keys do not open with TOKENHUB_ENCRYPTION_KEY",
  );
});
