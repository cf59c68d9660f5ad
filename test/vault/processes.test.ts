import { startServiceProcess, testClusterSecret, until } from "@tokenhub/testkit";
import { mkdir, readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { expect, inject, it } from "vitest";
import { ask } from "../lifecycle/ask.ts";
import { processEnvOf, startGatewayProcess } from "./gateway-process.ts";
import { openVaultSite, seen } from "./vault-site.ts";

const key = "sk-only-in-the-vault-0123456789";

it("as in docker-compose.yml: the worker waits for the secret file that the gateway makes, and then uses the vault's key", async () => {
  await using site = await openVaultSite({ redisUrl: inject("redisUrl") });
  const file = join(site.directory, "secrets", "cluster-secret");
  const env = { TOKENHUB_CLUSTER_SECRET: "", TOKENHUB_CLUSTER_SECRET_FILE: file };
  const starting = startServiceProcess("provider-worker", {
    ...(await processEnvOf(site)),
    TOKENHUB_ADMIN_PASSWORD: "",
    ...env,
  });
  await using _gateway = await startGatewayProcess(site, env);
  await using worker = await starting;
  expect((await stat(file)).mode & 0o777).toBe(0o600);
  expect(worker.output()).not.toContain("no cluster secret");
  await site.startRouter();
  // The gateway in this process reads the same file.
  const second = await site.startGateway({ env });
  expect((await site.admin(second, "PATCH /providers/sealed", { api_key: key })).status).toBe(200);
  expect((await ask(second, { model: "sealed-model" })).status).toBe(200);
  expect(site.keysSeen("up-sealed")).toEqual([seen(key)]);
});

it("S1d-24: a gateway that has sealed a key, and locked its vault, keeps neither key nor password in its heap", async () => {
  await using site = await openVaultSite({
    redisUrl: inject("redisUrl"),
    env: {
      TOKENHUB_ADMIN_PASSWORD: "",
      TOKENHUB_ADMIN_TOKEN: "t".repeat(32),
      TOKENHUB_DEPLOYMENT: "production",
    },
  });
  const snapshots = join(site.directory, "snapshots");
  await mkdir(snapshots);
  await using started = await startGatewayProcess(site, {
    NODE_OPTIONS: `--heapsnapshot-signal=SIGUSR2 --diagnostic-dir=${snapshots}`,
  });
  const call = async (method: string, path: string, body?: unknown): Promise<number> => {
    const response = await fetch(`${started.url}/admin/v1${path}`, {
      method,
      headers: { "content-type": "application/json", authorization: `Bearer ${"t".repeat(32)}` },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    await response.text();
    return response.status;
  };
  const password = "typed-by-a-person-0123456789";
  expect(await call("POST", "/vault/unlock", { admin_password: password })).toBe(200);
  expect(await call("PATCH", "/providers/sealed", { api_key: key })).toBe(200);
  expect(await call("GET", "/info")).toBe(200);
  expect(await call("POST", "/vault/lock")).toBe(200);
  for (let turn = 0; turn < 20; turn += 1) expect(await call("GET", "/info")).toBe(200);
  process.kill(started.service.pid, "SIGUSR2");
  const file = await until(
    "the snapshot",
    async () => {
      const name = (await readdir(snapshots)).find((candidate) => candidate.endsWith(".heapsnapshot"));
      if (name === undefined) return null;
      const text = await readFile(join(snapshots, name), "latin1");
      return text.trimEnd().endsWith("}") ? text : null;
    },
    30_000,
  );
  expect(file).toContain("vault-changed");
  for (const [name, secret] of Object.entries({ key, password }))
    expect({ name, isThere: file.includes(secret) }).toEqual({ name, isThere: false });
  expect(file.includes(testClusterSecret)).toBe(true);
}, 90_000);
