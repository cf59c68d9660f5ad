import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, expect, test } from "vitest";
import { ensurePackages, isInstalled } from "./ensure-packages.mjs";

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

interface Entry {
  readonly version?: string;
  readonly optional?: boolean;
  readonly os?: string | readonly string[];
  readonly cpu?: string | readonly string[];
}

function setup(locked: Record<string, Entry>) {
  const root = mkdtempSync(path.join(tmpdir(), "tokenhub-packages-"));
  folders.push(root);
  const lock = (packages: Record<string, Entry>): void =>
    writeFileSync(path.join(root, "package-lock.json"), JSON.stringify({ packages }));
  const record = (packages: Record<string, Entry>): void => {
    mkdirSync(path.join(root, "node_modules"), { recursive: true });
    writeFileSync(path.join(root, "node_modules", ".package-lock.json"), JSON.stringify({ packages }));
  };
  lock(locked);
  let installs = 0;
  const said: string[] = [];
  const ensure = async ({ result = locked }: { result?: Record<string, Entry> } = {}): Promise<number> => {
    const install = (): void => {
      installs += 1;
      record(result);
    };
    await ensurePackages({ root, say: (line) => said.push(line), install });
    return installs;
  };
  return { root, said, lock, record, ensure };
}

const zod = { "": {}, "node_modules/zod": { version: "4.0.0" } };

test("packages are installed once, and again only after the lock file has changed", async () => {
  const { lock, ensure } = setup(zod);
  expect(await ensure()).toBe(1);
  expect(await ensure()).toBe(1);
  const next = { "": {}, "node_modules/zod": { version: "4.0.1" } };
  lock(next);
  expect(await ensure({ result: next })).toBe(2);
});

test("packages that were installed by hand are not installed again", async () => {
  const { record, ensure } = setup(zod);
  record({ "node_modules/zod": { version: "4.0.0" } });
  expect(await ensure()).toBe(0);
});

const nodePackage = `node_modules/node-${process.platform}-${process.arch}`;
const withNode = { ...zod, [nodePackage]: { version: "24.0.0", optional: true } };

test("a carried Node that npm left out silently is an error, and is tried again the next time", async () => {
  const { ensure } = setup(withNode);
  await expect(ensure({ result: zod })).rejects.toThrow("npm ci left packages out");
  await expect(ensure({ result: zod })).rejects.toThrow("run the command again");
});

test("an installation that lost its carried Node later is made again", async () => {
  const { root, ensure } = setup(withNode);
  const binary = path.join(root, "node_modules", ".bin", "node");
  mkdirSync(path.dirname(binary), { recursive: true });
  writeFileSync(binary, "");
  expect(await ensure()).toBe(1);
  rmSync(binary);
  await expect(ensure()).rejects.toThrow("npm ci left packages out");
});

test("two set-ups at the same time install once", async () => {
  const { root, said, ensure } = setup(zod);
  mkdirSync(path.join(root, ".cache"));
  const lock = path.join(root, ".cache", "setup.lock");
  writeFileSync(lock, String(process.ppid));
  const waiting = ensure();
  await expect.poll(() => said).toEqual(["waiting for another set-up of this checkout to finish ..."]);
  rmSync(lock);
  expect(await waiting).toBe(1);
});

test("the lock of a set-up that died is taken over", async () => {
  const { root, ensure } = setup(zod);
  mkdirSync(path.join(root, ".cache"));
  writeFileSync(path.join(root, ".cache", "setup.lock"), "4194304");
  expect(await ensure()).toBe(1);
});

test.each([
  ["another version", { "node_modules/zod": { version: "3.9.9" } }, false],
  ["a missing package", {}, false],
  ["an extra package", { ...zod, "node_modules/extra": { version: "1.0.0" } }, true],
])("with %s, node_modules counts as installed: %s", (_, installed, expected) => {
  const { root, record } = setup(zod);
  record(installed);
  expect(isInstalled({ root, lockText: JSON.stringify({ packages: zod }) })).toBe(expected);
});

const here = { os: [process.platform], cpu: process.arch };
test.each<[string, Entry, boolean]>([
  ["for another system", { optional: true, os: ["aix"] }, true],
  [
    "for another processor, named as a plain string",
    { optional: true, os: process.platform, cpu: "s390x" },
    true,
  ],
  ["of a dependency for another machine", { optional: true }, true],
  ["for this very machine", { optional: true, ...here }, false],
  ["that is not optional", { os: ["aix"] }, false],
])("a locked package %s may be absent: %o", (_, entry, expected) => {
  const { root, record } = setup({});
  record({});
  const lockText = JSON.stringify({ packages: { "node_modules/binary": { version: "1.0.0", ...entry } } });
  expect(isInstalled({ root, lockText })).toBe(expected);
});

test("the installation of this checkout is recognised, so that a first `npm test` after `npm ci` installs nothing", () => {
  const root = path.join(import.meta.dirname, "..", "..");
  const lockText = readFileSync(path.join(root, "package-lock.json"), "utf8");
  expect(isInstalled({ root, lockText })).toBe(true);
});
