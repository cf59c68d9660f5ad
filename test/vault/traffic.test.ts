import { until } from "@tokenhub/testkit";
import { expect, inject, it } from "vitest";
import { ask } from "../lifecycle/ask.ts";
import { admin } from "./admin.ts";
import { openVaultSite, seen, type VaultSite } from "./vault-site.ts";

const key = "sk-sealed-key-0123456789";
const open = (options: Partial<Parameters<typeof openVaultSite>[0]> = {}): Promise<VaultSite> =>
  openVaultSite({ redisUrl: inject("redisUrl"), ...options });

async function storeKey(site: VaultSite, gateway: { readonly url: string }, apiKey = key): Promise<void> {
  const answer = await site.admin(gateway, "PATCH /providers/sealed", { api_key: apiKey });
  expect(answer).toMatchObject({ status: 200 });
}

it("S2-48, S1-57, S1d-1: a key stored over the admin API is sealed in the vault and used for the next call", async () => {
  await using site = await open();
  const gateway = await site.startAll();
  const before = await ask(gateway, { model: "sealed-model" });
  expect([before.status, site.keysSeen("up-sealed")]).toEqual([502, []]);
  await storeKey(site, gateway);
  expect((await ask(gateway, { model: "sealed-model" })).status).toBe(200);
  expect(site.keysSeen("up-sealed")).toEqual([seen(key)]);
});

it("S1-57, S0-12, S2-36, S2-46: a locked vault refuses at once with a reason, other providers work on, an unlock ends it", async () => {
  await using site = await open();
  const gateway = await site.startAll({ keys: { other: "sk-configured" } });
  await storeKey(site, gateway);
  expect((await ask(gateway, { model: "sealed-model" })).status).toBe(200);

  expect(await site.admin(gateway, "POST /vault/lock")).toMatchObject({ status: 200, body: { ok: true } });
  const startedAtMs = performance.now();
  const refused = await ask(gateway, { model: "sealed-model" });
  expect(performance.now() - startedAtMs).toBeLessThan(1_000);
  expect(refused.status).toBe(503);
  expect(refused.json).toMatchObject({ error: { code: "vault_locked" } });
  expect(refused.raw).toContain("the vault is locked. An administrator has to unlock it");
  expect((await ask(gateway, { model: "other-model" })).status).toBe(200);
  const elsewhere = await ask(gateway, { model: "sealed-model", wishes: { allow_fallback: true } });
  expect([elsewhere.status, elsewhere.headers.get("x-tokenhub-model")]).toEqual([200, "other-model"]);

  // However often it was refused: the provider is not to blame.
  await Promise.all(Array.from({ length: 5 }, () => ask(gateway, { model: "sealed-model" })));
  const unlock = { admin_password: site.env["TOKENHUB_ADMIN_PASSWORD"] };
  expect((await site.admin(gateway, "POST /vault/unlock", unlock)).status).toBe(200);
  expect((await ask(gateway, { model: "sealed-model" })).status).toBe(200);
  expect(site.keysSeen("up-sealed")).toHaveLength(2);
});

it("C10, S2-29, S2-49: the vault's key comes before a configured one, which counts again when it is deleted", async () => {
  await using site = await open();
  const gateway = await site.startAll({ keys: { sealed: "sk-configured" } });
  await ask(gateway, { model: "sealed-model" });
  await storeKey(site, gateway, "sk-from-the-vault");
  await ask(gateway, { model: "sealed-model" });
  await storeKey(site, gateway, "sk-changed");
  await ask(gateway, { model: "sealed-model" });
  await site.admin(gateway, "PATCH /providers/sealed", { api_key: null });
  await ask(gateway, { model: "sealed-model" });
  expect(site.keysSeen("up-sealed")).toEqual(
    ["sk-configured", "sk-from-the-vault", "sk-changed", "sk-configured"].map(seen),
  );
});

it("a locked vault does not stop a provider that has a configured key too", async () => {
  await using site = await open();
  const gateway = await site.startAll({ keys: { sealed: "sk-configured" } });
  await storeKey(site, gateway);
  await site.admin(gateway, "POST /vault/lock");
  expect((await ask(gateway, { model: "sealed-model" })).status).toBe(200);
  expect(site.keysSeen("up-sealed")).toEqual([seen("sk-configured")]);
});

it("a worker without the cluster secret says so, uses configured keys, and says what it cannot open", async () => {
  await using site = await open();
  const gateway = await site.startAll({ keys: { other: "sk-configured" }, clusterSecret: null });
  expect(site.logLines.join("")).toContain("this worker has no cluster secret");
  await storeKey(site, gateway);
  expect((await ask(gateway, { model: "other-model" })).status).toBe(200);
  const refused = await ask(gateway, { model: "sealed-model" });
  expect([refused.status, refused.raw]).toEqual([502, expect.stringContaining("TOKENHUB_CLUSTER_SECRET")]);
});

it("a worker with another cluster secret fails the call with that reason, and logs it", async () => {
  await using site = await open();
  const gateway = await site.startAll({ clusterSecret: "ab".repeat(32) });
  await storeKey(site, gateway);
  const refused = await ask(gateway, { model: "sealed-model" });
  expect([refused.status, refused.raw]).toEqual([502, expect.stringContaining("cluster secret")]);
  expect(site.logLines.join("")).toContain("this worker has another cluster secret than the gateway");
});

it("S4-42: password and data key are changed again and again under traffic without losing a request", async () => {
  await using site = await open();
  const gateway = await site.startAll();
  await storeKey(site, gateway);
  site.mock.plan("up-sealed", { requireKey: key });
  let isOver = false;
  const statuses: number[] = [];
  const caller = async (): Promise<void> => {
    while (!isOver) statuses.push((await ask(gateway, { model: "sealed-model" })).status);
  };
  const callers = Promise.all(Array.from({ length: 8 }, caller));
  let password = site.env["TOKENHUB_ADMIN_PASSWORD"];
  for (let turn = 0; turn < 10; turn += 1) {
    expect((await site.admin(gateway, "POST /vault/rotate-data-key")).status).toBe(200);
    const next = `password-number-${turn}`;
    const change = { old_password: password, new_password: next };
    expect((await site.admin(gateway, "POST /vault/rotate", change)).status).toBe(200);
    password = next;
    const soFar = statuses.length;
    await until("traffic between two changes", () => statuses.length >= soFar + 8);
  }
  isOver = true;
  await callers;
  expect(new Set(statuses)).toEqual(new Set([200]));
  expect(statuses.length).toBeGreaterThan(80);
}, 60_000);

it("what Redis has lost of the vault is there again within seconds", async () => {
  await using site = await open();
  const gateway = await site.startAll();
  await storeKey(site, gateway);
  await ask(gateway, { model: "sealed-model" });
  const { vaultLease, vaultEntries, vaultRevision } = site.keyspace;
  await site.redis.del(vaultLease, vaultEntries, vaultRevision);
  await until("the lease", () => site.redis.exists(vaultLease), 4_000);
  await until("the entries", () => site.redis.exists(vaultEntries), 4_000);
  expect((await ask(gateway, { model: "sealed-model" })).status).toBe(200);
});

it("S1-8: a vault that a person unlocked locks itself after a quiet while; traffic that needs it counts as use", async () => {
  const token = "t".repeat(32);
  await using site = await open({
    env: {
      TOKENHUB_ADMIN_PASSWORD: "",
      TOKENHUB_ADMIN_TOKEN: token,
      TOKENHUB_DEPLOYMENT: "production",
      TOKENHUB_VAULT_AUTO_LOCK: "3s",
    },
  });
  const gateway = await site.startAll();
  const call = (what: string, body?: unknown) => admin(gateway, { call: what, body, bearer: token });
  expect((await call("GET /info")).body).toMatchObject({ vault_locked: true, vault_initialized: false });
  const unlocked = await call("POST /vault/unlock", { admin_password: "a-person-typed-this" });
  expect(unlocked.body).toEqual({ ok: true, initialized: true });
  expect((await call("PATCH /providers/sealed", { api_key: key })).status).toBe(200);

  // Longer than the vault stays open without use.
  const busyUntilMs = performance.now() + 4_500;
  while (performance.now() < busyUntilMs)
    expect((await ask(gateway, { model: "sealed-model" })).status).toBe(200);

  await until("the lock", async () => (await call("GET /info")).body.vault_locked === true);
  const refused = await ask(gateway, { model: "sealed-model" });
  expect(refused.json).toMatchObject({ error: { code: "vault_locked" } });
  expect(await site.redis.exists(site.keyspace.vaultLease)).toBe(0);
  // The person's unlock is in the log by its call; what the vault did by itself is the system's.
  const bySystem = async () => (await call("GET /audit?actor_kind=system")).body;
  await until("the audit row", async () => (await bySystem()).total > 0);
  expect(await bySystem()).toMatchObject({
    total: 1,
    logs: [{ action: "vault.lock", resource_kind: "vault", detail: { reason: "idle" } }],
  });
});
