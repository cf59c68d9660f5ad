import { execFile } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { createStandInStack, type StartedCommand } from "../start/stand-in-stack.ts";
import { admin } from "./admin.ts";

const run = promisify(execFile);
const root = path.dirname(path.dirname(import.meta.dirname));
const running = "Stop it with Ctrl-C";

function urlOf(command: StartedCommand): string {
  return /running at (\S+)/.exec(command.output())?.[1] ?? "none:";
}

test("C7, D3: the first local start prints the admin token once, which works; the vault is open; the next start names the file", async () => {
  await using stack = createStandInStack();
  const command = stack.startReal();
  await command.waitFor(running);
  const token = /^ +Admin +token ([0-9a-f]{64})$/m.exec(command.output())?.[1] ?? "none";
  const info = await admin({ url: urlOf(command) }, { call: "GET /info", bearer: token });
  expect(info.body).toMatchObject({ vault_locked: false, vault_initialized: true });
  for (const name of ["admin-token", "vault-password", "cluster-secret"])
    expect([name, statSync(path.join(stack.dataFolder, name)).mode & 0o777]).toEqual([name, 0o600]);
  const password = readFileSync(path.join(stack.dataFolder, "vault-password"), "utf8").trim();
  command.child.kill("SIGINT");
  await command.ended;

  const next = stack.startReal();
  await next.waitFor(running);
  expect(next.output()).not.toContain(token);
  expect(next.output()).toContain(`token in ${path.join(stack.dataFolder, "admin-token")}`);
  const again = await admin({ url: urlOf(next) }, { call: "GET /info", bearer: token });
  expect(again.body).toMatchObject({ vault_locked: false });
  const logs = ["gateway", "orchestrator-worker", "router-worker", "provider-worker", "webhook-worker"]
    .map((name) => readFileSync(path.join(stack.dataFolder, "logs", `${name}.log`), "utf8"))
    .join("");
  for (const secret of [token, password]) expect(logs).not.toContain(secret);
});

test("every service gets the cluster secret; what opens vault or administration goes to the gateway only", async () => {
  await using stack = createStandInStack();
  const secrets = {
    TOKENHUB_ADMIN_PASSWORD: "the-admin-password",
    TOKENHUB_ADMIN_TOKEN: "the-admin-token-of-16",
    TOKENHUB_VAULT_PASSWORD: "the-vault-password",
    TOKENHUB_ENCRYPTION_KEY: "ab".repeat(32),
  };
  const command = stack.start(secrets);
  await command.waitFor("TokenHub is running");
  const file = path.join(stack.dataFolder, "cluster-secret");
  const clusterSecret = readFileSync(file, "utf8").trim();
  expect([clusterSecret, statSync(file).mode & 0o777]).toEqual([
    expect.stringMatching(/^[0-9a-f]{64}$/),
    0o600,
  ]);
  for (const service of [
    "gateway",
    "orchestrator-worker",
    "router-worker",
    "provider-worker",
    "webhook-worker",
  ]) {
    const line = stack.events().find((event) => event.startsWith(`${service} environment `)) ?? "";
    const environment = JSON.parse(line.slice(`${service} environment `.length));
    expect(environment["TOKENHUB_CLUSTER_SECRET"]).toBe(clusterSecret);
    for (const [name, secret] of Object.entries(secrets))
      expect([service, name, environment[name]]).toEqual([
        service,
        name,
        service === "gateway" ? secret : undefined,
      ]);
  }
  for (const secret of [...Object.values(secrets), clusterSecret])
    expect(command.output()).not.toContain(secret);
});

test("S4-41: a cluster secret of the operator's own is handed on, and no other is made", async () => {
  await using stack = createStandInStack();
  const own = "cd".repeat(32);
  const command = stack.start({ TOKENHUB_CLUSTER_SECRET: own });
  await command.waitFor("TokenHub is running");
  const line = stack.events().find((event) => event.startsWith("provider-worker environment ")) ?? "";
  expect(line).toContain(own);
  expect(existsSync(path.join(stack.dataFolder, "cluster-secret"))).toBe(false);
});

test("S4-1: -generate-key prints a key on a line of its own under npm start and as the container's program, and starts nothing", async () => {
  const folder = mkdtempSync(path.join(tmpdir(), "tokenhub-generate-"));
  const env = {
    ...process.env,
    TOKENHUB_DATA_DIR: path.join(folder, "data"),
    TOKENHUB_CONFIG: "/nowhere.yaml",
  };
  const keys: string[] = [];
  for (const [command, ...words] of [
    ["npm", "start", "--", "-generate-key"],
    ["npm", "start", "--", "--generate-key"],
    [process.execPath, "scripts/start.mjs", "-generate-key"],
    [process.execPath, "scripts/start.mjs", "/tokenhub", "--generate-key"],
  ] as const) {
    const { stdout } = await run(command, words, { cwd: root, env, timeout: 60_000 });
    const key = /^[0-9a-f]{64}$/m.exec(stdout)?.[0] ?? "none";
    expect(stdout.split("\n")).toContain(key);
    expect(stdout).toContain("TOKENHUB_ENCRYPTION_KEY");
    keys.push(key);
  }
  expect(new Set(keys).size).toBe(4);
  expect(existsSync(path.join(folder, "data"))).toBe(false);
  rmSync(folder, { recursive: true });
}, 120_000);
