import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, expect, test } from "vitest";
import { readOrCreateClusterSecret, watchAdminToken } from "./own-secrets.ts";
import { StartError } from "./start-error.ts";

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

function setup() {
  const dataFolder = mkdtempSync(path.join(tmpdir(), "tokenhub-own-"));
  folders.push(dataFolder);
  return { dataFolder, file: path.join(dataFolder, "admin-token") };
}

test("the cluster secret stays the same from start to start, in the data folder or in the file that is named", () => {
  const { dataFolder } = setup();
  const first = readOrCreateClusterSecret({ dataFolder, clusterSecretFile: null });
  expect(first).toMatch(/^[0-9a-f]{64}$/);
  expect(readOrCreateClusterSecret({ dataFolder, clusterSecretFile: null })).toBe(first);
  const clusterSecretFile = path.join(dataFolder, "elsewhere", "secret");
  expect(readOrCreateClusterSecret({ dataFolder, clusterSecretFile })).not.toBe(first);
});

test("S4-47: a cluster secret that is none is refused by its file, without being repeated", () => {
  const { dataFolder } = setup();
  writeFileSync(path.join(dataFolder, "cluster-secret"), "damaged-secret");
  const read = (): string => readOrCreateClusterSecret({ dataFolder, clusterSecretFile: null });
  expect(read).toThrow(StartError);
  expect(read).toThrow(path.join(dataFolder, "cluster-secret"));
  expect(read).not.toThrow("damaged-secret");
});

test("C7: only the start that made the admin token shows it", () => {
  const { dataFolder, file } = setup();
  const first = watchAdminToken({ dataFolder, hasAdminSecret: false });
  expect(first()).toBeNull();
  writeFileSync(file, "t-1\n");
  expect(first()).toEqual({ kind: "file", file, newToken: "t-1" });
  const next = watchAdminToken({ dataFolder, hasAdminSecret: false });
  expect(next()).toEqual({ kind: "file", file, newToken: null });
  expect(watchAdminToken({ dataFolder, hasAdminSecret: true })()).toEqual({ kind: "configured" });
});
