import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { ConfigError } from "./config-error.ts";
import { readOrCreateSecretFile, readSecretFile, replaceSecretFile } from "./secret-file.ts";

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

function place(): { readonly folder: string; readonly path: string } {
  const folder = mkdtempSync(join(tmpdir(), "tokenhub-secret-"));
  folders.push(folder);
  return { folder, path: join(folder, "deep", "admin-token") };
}

test("C7, D3: a secret is made once, with mode 0600, and stays", () => {
  const { path } = place();
  expect(readOrCreateSecretFile(path, () => "first")).toBe("first");
  expect(readOrCreateSecretFile(path, () => "second")).toBe("first");
  expect(statSync(path).mode & 0o777).toBe(0o600);
  expect(readFileSync(path, "utf8")).toBe("first\n");
});

test("a file that a crash left empty gets a secret", () => {
  const { path } = place();
  readOrCreateSecretFile(path, () => "");
  expect(readOrCreateSecretFile(path, () => "made")).toBe("made");
});

test("a replaced secret is there in one step, with mode 0600, and leaves no second file", () => {
  const { folder, path } = place();
  replaceSecretFile(path, "first");
  replaceSecretFile(path, "  with spaces around ");
  expect(readSecretFile(path)).toBe("  with spaces around ");
  expect(statSync(path).mode & 0o777).toBe(0o600);
  expect(readdirSync(join(folder, "deep"))).toEqual(["admin-token"]);
});

test("what a crash left beside the file is cleared away, what another process is writing is not", () => {
  const { folder, path } = place();
  replaceSecretFile(path, "first");
  const [old, young] = ["0".repeat(12), "1".repeat(12)].map((mark) => `${path}.${mark}.draft`);
  for (const draft of [old, young]) writeFileSync(draft ?? "", "half a secr");
  utimesSync(old ?? "", new Date(0), new Date(0));
  replaceSecretFile(path, "second");
  expect(readdirSync(join(folder, "deep")).toSorted()).toEqual([
    "admin-token",
    `admin-token.${"1".repeat(12)}.draft`,
  ]);
});

test("a missing file is no secret; a folder that cannot be made is one sentence with the path", () => {
  const { folder, path } = place();
  expect(readSecretFile(path)).toBeNull();
  writeFileSync(join(folder, "deep"), "");
  expect(() => replaceSecretFile(path, "top-secret-value")).toThrow(ConfigError);
  expect(() => replaceSecretFile(path, "top-secret-value")).toThrow(path);
  expect(() => replaceSecretFile(path, "top-secret-value")).not.toThrow("top-secret-value");
});
