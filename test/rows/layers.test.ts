import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { glob, readFile } from "node:fs/promises";
import path from "node:path";
import { promisify } from "node:util";
import { expect, it } from "vitest";

const run = promisify(execFile);
const root = path.dirname(path.dirname(import.meta.dirname));
const readJson = async (name: string) => JSON.parse(await readFile(path.join(root, name), "utf8"));

/** The folders of all packages and services. */
async function members(): Promise<string[]> {
  const folders = await Array.fromAsync(glob(["packages/*", "apps/*"], { cwd: root }));
  return folders.filter((folder) => existsSync(path.join(root, folder, "package.json"))).toSorted();
}

const layerOf = async (folder: string): Promise<string[]> => (await readJson(`${folder}/turbo.json`)).tags;

/** The packages of ours that the sources of a folder import, tests left out. */
async function importsOf(folder: string): Promise<Set<string>> {
  const found = new Set<string>();
  for await (const file of glob(`${folder}/src/**/*.ts`, { cwd: root })) {
    if (/\.test\.ts$|fixture|\/testing\/|\/conformance\//.test(file)) continue;
    const source = await readFile(path.join(root, file), "utf8");
    for (const [, name = ""] of source.matchAll(/\bfrom "@tokenhub\/([a-z-]+)/g)) found.add(name);
  }
  return found;
}

it("S0-16, S1-4: every package is in one layer, and a tool that `npm run verify` runs finds no import against the direction", async () => {
  const { boundaries } = await readJson("turbo.json");
  const layers = Object.keys(boundaries.tags);
  const folders = await members();
  expect(folders.length).toBeGreaterThan(15);
  for (const folder of folders.filter((name) => name !== "packages/testkit")) {
    const tags = await layerOf(folder);
    expect([folder, tags.filter((tag) => layers.includes(tag))]).toEqual([folder, tags]);
    expect([folder, tags.length]).toEqual([folder, 1]);
  }
  const { scripts } = await readJson("package.json");
  expect(scripts.verify).toContain("turbo boundaries");
  const turbo = path.join(root, "node_modules", ".bin", "turbo");
  const { stdout, stderr } = await run(turbo, ["boundaries"], {
    cwd: root,
    env: { ...process.env, TURBO_TELEMETRY_DISABLED: "1", NO_COLOR: "1" },
    timeout: 30_000,
  });
  expect(stdout + stderr).toMatch(/no issues found/);
});

it("S0-16: the layers below are forbidden to know those above them", async () => {
  const { boundaries } = await readJson("turbo.json");
  const denied = (layer: string): string[] => boundaries.tags[layer].dependencies.deny;
  for (const layer of ["contracts", "core", "base", "adapter"]) expect(denied(layer)).toContain("app");
  for (const layer of ["contracts", "core"]) expect(denied(layer)).toContain("adapter");
  expect(denied("app")).toContain("app");
});

it("S0-16, S3-51: API, then routing, then registries, then adapters, then the vault: none imports what is above it", async () => {
  expect(await importsOf("packages/vault")).not.toEqual(new Set());
  for (const [below, above] of [
    ["packages/vault", ["providers", "routing", "queue", "gateway", "router-worker", "provider-worker"]],
    ["packages/orchestration", ["queue", "ledger", "persistence", "gateway", "orchestrator-worker"]],
    ["packages/providers", ["routing", "queue", "vault", "gateway", "router-worker", "provider-worker"]],
    ["packages/routing", ["providers", "queue", "vault", "persistence", "gateway", "router-worker"]],
    ["apps/router-worker", ["providers", "vault", "persistence", "gateway"]],
    ["apps/orchestrator-worker", ["providers", "vault", "persistence", "gateway"]],
    ["apps/webhook-worker", ["providers", "vault", "persistence", "gateway", "ledger"]],
    ["packages/webhooks", ["queue", "vault", "persistence", "gateway", "webhook-worker"]],
  ] as const) {
    const imported = await importsOf(below);
    expect([below, above.filter((name) => imported.has(name))]).toEqual([below, []]);
  }
});
