import { expect, test } from "vitest";
import { ensureNode } from "./ensure-node.mjs";

const nowhere = "/nowhere";

test("Node 24 and newer are enough by themselves", () => {
  expect(() => ensureNode({ root: nowhere, version: "24.0.0" })).not.toThrow();
  expect(() => ensureNode({ root: nowhere, version: "26.1.0" })).not.toThrow();
});

test("an older Node is enough when the repository carries one", () => {
  const root = `${import.meta.dirname}/../..`;
  expect(() => ensureNode({ root, version: "20.0.0" })).not.toThrow();
});

test("an older Node on a Mac, for which none is carried, is one sentence that says what to run", () => {
  expect(() => ensureNode({ root: nowhere, version: "20.0.0", platform: "darwin" })).toThrow(
    /^TokenHub needs Node 24, this is Node 20\.0\.0, .*brew install node@24.*\.$/,
  );
});
