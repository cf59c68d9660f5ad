import { productVariables } from "@tokenhub/config";
import { startTestNetwork } from "@tokenhub/testkit";
import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, inject, it } from "vitest";
import { root } from "./docs-network.ts";

const run = promisify(execFile);
const read = (path: string): Promise<string> => readFile(join(root, path), "utf8");
const git = async (...args: string[]): Promise<string> =>
  (await run("git", args, { cwd: root, maxBuffer: 67_108_864 })).stdout;

it("S0-51, S1-63: the licence is MIT, and the README leads to it", async () => {
  const licence = await read("LICENSE");
  expect(licence).toMatch(/^MIT License/);
  expect(licence).toMatch(/Permission is hereby granted, free of charge/);
  expect(await read("README.md")).toContain("[LICENSE](LICENSE)");
  expect(JSON.parse(await read("package.json"))).toMatchObject({ license: "MIT" });
});

it("S4-40: what may hold a secret is ignored by git and by the image's build", async () => {
  const secretPaths = [
    ".env",
    ".env.local",
    "config/config.yaml",
    "config.json",
    "data/admin-token",
    "data/cluster-secret",
  ];
  const ignored = await git("check-ignore", ...secretPaths);
  expect(ignored.trim().split("\n")).toEqual(secretPaths);
  const tracked = (await git("ls-files")).split("\n");
  for (const path of secretPaths) expect(tracked).not.toContain(path);
  const rules = (await read(".dockerignore"))
    .split("\n")
    .filter((line) => line !== "" && !line.startsWith("#"));
  expect(rules[0]).toBe("*");
  const built = rules.filter((rule) => rule.startsWith("!"));
  expect(built).toEqual(["!package.json", "!package-lock.json", "!apps", "!packages", "!scripts"]);
});

it("S4-40: no file of the tree holds anything that looks like a real key", async () => {
  const shapes = [
    String.raw`sk-(proj-|ant-api03-)[A-Za-z0-9_-]{40,}`,
    String.raw`sk-[A-Za-z0-9]{48}`,
    String.raw`AKIA[0-9A-Z]{16}`,
    String.raw`AIza[0-9A-Za-z_-]{35}`,
    String.raw`gh[pousr]_[A-Za-z0-9]{36}`,
    String.raw`thadmin_[0-9a-f]{64}`,
    String.raw`^-----BEGIN [A-Z ]*PRIVATE KEY-----$`,
  ];
  const patterns = shapes.flatMap((shape) => ["-e", shape]);
  const found = await git("grep", "-I", "-l", "-E", ...patterns, "--", ":!package-lock.json").catch(
    (error: unknown) => {
      // grep's exit code 1 means that nothing was found.
      if ((error as { code?: unknown }).code === 1) return "";
      throw error;
    },
  );
  expect(found).toBe("");
});

it("S4-41: every secret of the configuration has a variable, and the guides say to use it", () => {
  const secrets = productVariables.filter(({ isSecret }) => isSecret).map(({ name }) => name);
  expect(secrets).toEqual(
    expect.arrayContaining([
      "TOKENHUB_API_KEYS",
      "DATABASE_URL",
      "REDIS_URL",
      "OPENAI_API_KEY",
      "ANTHROPIC_API_KEY",
      "TOKENHUB_ADMIN_PASSWORD",
      "TOKENHUB_ADMIN_TOKEN",
      "TOKENHUB_VAULT_PASSWORD",
      "TOKENHUB_CLUSTER_SECRET",
      "TOKENHUB_ENCRYPTION_KEY",
    ]),
  );
});

// Other systems give the loopback interface one address only.
it.skipIf(process.platform !== "linux")(
  "S4-44: who may reach the gateway is limited by its bind address, and the guide names firewall and proxy",
  async () => {
    await using network = await startTestNetwork({
      redisUrl: inject("redisUrl"),
      env: { TOKENHUB_HOST: "127.0.0.2" },
    });
    expect((await fetch(`http://127.0.0.2:${network.gateway.port}/health`)).status).toBe(200);
    await expect(fetch(`http://127.0.0.1:${network.gateway.port}/health`)).rejects.toThrow("fetch failed");
    expect(await read("docs/SECURITY.md")).toMatch(/bind\s+address,\s+firewall\s+or\s+proxy/);
  },
);
