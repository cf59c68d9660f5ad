import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import type { Environment } from "@tokenhub/config";
import { afterEach, expect, test } from "vitest";
import { readSettings } from "./read-settings.ts";

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

function setup() {
  const root = mkdtempSync(path.join(tmpdir(), "tokenhub-settings-"));
  folders.push(root);
  const read = (environment: Environment = {}, configFile: string | null = null) =>
    readSettings({ environment, configFile, root, workingFolder: root });
  return { root, read };
}

test("C16, C8: without any setting the listener is 127.0.0.1:8080, open, with a private Redis and ./data", async () => {
  const { root, read } = setup();
  expect(await read()).toEqual({
    listen: { host: "127.0.0.1", port: 8080 },
    dataFolder: path.join(root, "data"),
    configFile: null,
    redisUrl: null,
    redisFsync: "everysec",
    stopGraceMs: 10_000,
    nodeArguments: [],
    isDebug: false,
    isOpen: true,
    hasOwnKeys: false,
    hasAdminSecret: false,
    hasClusterSecret: false,
    clusterSecretFile: null,
    trialModel: "mock-gpt-4",
  });
});

test("C11: the file is the one of the command line, else TOKENHUB_CONFIG, else config/config.yaml when it exists", async () => {
  const { root, read } = setup();
  mkdirSync(path.join(root, "config"));
  for (const name of ["config/config.yaml", "a.yaml", "b.yaml"]) writeFileSync(path.join(root, name), "{}");
  expect((await read()).configFile).toBe(path.join(root, "config", "config.yaml"));
  expect((await read({ TOKENHUB_CONFIG: "a.yaml" })).configFile).toBe(path.join(root, "a.yaml"));
  expect((await read({ TOKENHUB_CONFIG: "a.yaml" }, "b.yaml")).configFile).toBe(path.join(root, "b.yaml"));
});

test("a relative file name means the folder it was typed in when npm has changed the folder", async () => {
  const { root, read } = setup();
  mkdirSync(path.join(root, "sub"));
  writeFileSync(path.join(root, "sub", "c.yaml"), "{}");
  const settings = await read({ INIT_CWD: path.join(root, "sub") }, "c.yaml");
  expect(settings.configFile).toBe(path.join(root, "sub", "c.yaml"));
});

test("a listener for other machines asks for keys, and the operator's own keys are noticed", async () => {
  const { read } = setup();
  expect(await read({ TOKENHUB_HOST: "0.0.0.0" })).toMatchObject({ isOpen: false, hasOwnKeys: false });
  expect(await read({ TOKENHUB_API_KEYS: "k" })).toMatchObject({ isOpen: true, hasOwnKeys: true });
});

test("S0-36, S2-64: production needs an admin secret; the sentence names the variables", async () => {
  const { read } = setup();
  const production = { TOKENHUB_DEPLOYMENT: "production" };
  await expect(read(production)).rejects.toThrow("TOKENHUB_ADMIN_PASSWORD or TOKENHUB_ADMIN_TOKEN");
  for (const name of ["TOKENHUB_ADMIN_PASSWORD", "TOKENHUB_ADMIN_TOKEN"])
    expect(await read({ ...production, [name]: "a-secret-of-mine" })).toMatchObject({ hasAdminSecret: true });
});

test.each([
  ["TOKENHUB_DEBUG", "yes"],
  ["TOKENHUB_REDIS_FSYNC", "sometimes"],
  ["TOKENHUB_STOP_GRACE_MS", "10s"],
])("S2-68: %s=%s is refused with a sentence that names the variable", async (name, value) => {
  const { read } = setup();
  await expect(read({ [name]: value })).rejects.toMatchObject({
    name: "ConfigError",
    message: expect.stringContaining(name),
  });
});
