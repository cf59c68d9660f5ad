import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect, test } from "vitest";
import { prepareDataFolder } from "./prepare-data-folder.ts";

test("a data folder is made with all its parents, and no probe file stays behind", () => {
  const folder = mkdtempSync(path.join(tmpdir(), "tokenhub-data-"));
  prepareDataFolder(path.join(folder, "a", "b"));
  expect(readdirSync(path.join(folder, "a", "b")).sort()).toEqual(["logs", "redis"]);
  rmSync(folder, { recursive: true });
});

test("a file in the place of the data folder, or of its parent, is one clear sentence (also for root)", () => {
  const folder = mkdtempSync(path.join(tmpdir(), "tokenhub-data-"));
  const file = path.join(folder, "data");
  writeFileSync(file, "");
  expect(() => prepareDataFolder(file)).toThrow(
    `The data folder ${file} cannot be made because a file is in its place`,
  );
  expect(() => prepareDataFolder(path.join(file, "below"))).toThrow("a file is in its place");
  rmSync(folder, { recursive: true });
});
