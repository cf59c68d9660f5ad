import { until } from "@tokenhub/testkit";
import { readFile, readdir } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, inject, it } from "vitest";
import { ask } from "../lifecycle/ask.ts";
import { admin, type AdminAnswer } from "./admin.ts";
import { startGatewayProcess } from "./gateway-process.ts";
import { openVaultSite, seen } from "./vault-site.ts";

it("S2-42, S4-42: a gateway killed at any moment of a change leaves the old state or the new one, and starts again", async () => {
  await using site = await openVaultSite({
    redisUrl: inject("redisUrl"),
    env: { TOKENHUB_ADMIN_PASSWORD: "" },
  });
  await site.startRouter();
  await site.startWorker();
  const secretOf = async (name: string): Promise<string> =>
    (await readFile(join(site.directory, name), "utf8")).trim();
  let confirmed = "none";
  let turn = 0;

  for (const killAfterMs of [30, 200, 500]) {
    await using gateway = await startGatewayProcess(site);
    const bearer = await secretOf("admin-token");
    const call = (what: string, body?: unknown): Promise<AdminAnswer> =>
      admin(gateway, { call: what, body, bearer });
    const possible = [confirmed];
    const changing = (async () => {
      for (;;) {
        turn += 1;
        const next = `sk-number-${turn}`;
        possible.push(next);
        if ((await call("PATCH /providers/sealed", { api_key: next })).status !== 200) throw new Error(next);
        confirmed = next;
        possible.splice(0, possible.length, next);
        await call("POST /vault/rotate-data-key");
        const oldPassword = await secretOf("vault-password");
        await call("POST /vault/rotate", { old_password: oldPassword, new_password: `password-${turn}` });
      }
    })();
    changing.catch(() => undefined);
    await sleep(killAfterMs);
    await gateway.service.kill();
    await expect(changing).rejects.toThrow("fetch failed");

    await using again = await startGatewayProcess(site);
    const info = await admin(again, { call: "GET /info", bearer });
    expect(info.body).toMatchObject({ vault_locked: false, vault_initialized: true });
    const left = await readdir(site.directory);
    expect(left.filter((name) => name.endsWith(".next"))).toEqual([]);
    if (possible.includes("none") && (await ask(again, { model: "sealed-model" })).status !== 200) continue;
    site.mock.clearCalls();
    expect((await ask(again, { model: "sealed-model" })).status).toBe(200);
    const used = site.keysSeen("up-sealed").at(-1);
    expect(possible.map(seen)).toContain(used);
    confirmed = possible.find((key) => seen(key) === used) ?? "none";
  }
}, 120_000);

it("a key that was stored by a gateway that died before it could tell the workers is used all the same", async () => {
  await using site = await openVaultSite({ redisUrl: inject("redisUrl") });
  // Shortens the time between two looks at the database.
  const gateway = await site.startAll({ env: { TOKENHUB_VAULT_AUTO_LOCK: "4s" } });
  await site.admin(gateway, "PATCH /providers/sealed", { api_key: "sk-first" });
  await ask(gateway, { model: "sealed-model" });
  // The other gateway writes to the database, and nobody hears of it in Redis.
  const silenced = await site.startGateway({
    env: { TOKENHUB_REDIS_PREFIX: `${site.redisPrefix}-elsewhere` },
  });
  await site.admin(silenced, "PATCH /providers/sealed", { api_key: "sk-second" });
  const statuses = new Set<number>();
  await until("the new key", async () => {
    statuses.add((await ask(gateway, { model: "sealed-model" })).status);
    return site.keysSeen("up-sealed").at(-1) === seen("sk-second");
  });
  expect([...statuses]).toEqual([200]);
});
