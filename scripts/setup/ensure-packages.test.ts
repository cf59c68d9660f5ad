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
  const ensure = (): number => {
    const install = (): void => {
      installs += 1;
      record(locked);
    };
    ensurePackages({ root, say: () => undefined, install });
    return installs;
  };
  return { root, lock, record, ensure };
}

const zod = { "": {}, "node_modules/zod": { version: "4.0.0" } };

test("packages are installed once, and again only after the lock file has changed", () => {
  const { lock, ensure } = setup(zod);
  expect(ensure()).toBe(1);
  expect(ensure()).toBe(1);
  lock({ "": {}, "node_modules/zod": { version: "4.0.1" } });
  expect(ensure()).toBe(2);
});

test("packages that were installed by hand are not installed again", () => {
  const { record, ensure } = setup(zod);
  record({ "node_modules/zod": { version: "4.0.0" } });
  expect(ensure()).toBe(0);
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
