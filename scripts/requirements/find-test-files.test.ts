import { mkdtempDisposableSync, mkdirSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect, test } from "vitest";
import { findTestFiles } from "./find-test-files.ts";

test("finds the tests of every workspace, and none of foreign code", () => {
  using root = mkdtempDisposableSync(path.join(tmpdir(), "test-files-"));
  const ours = ["apps/a/src/x.test.tsx", "packages/b/src/deep/y.integration.test.ts", "test/z.test.ts"];
  const others = [
    "apps/a/node_modules/c/d.test.ts",
    "bench/.cache/e.test.ts",
    "packages/b/src/y.ts",
    "f.test.ts",
  ];
  for (const file of [...others, ...ours]) {
    mkdirSync(path.join(root.path, path.dirname(file)), { recursive: true });
    writeFileSync(path.join(root.path, file), "");
  }
  expect(findTestFiles(root.path)).toEqual(ours);
});
