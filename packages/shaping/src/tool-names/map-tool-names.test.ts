import * as fc from "fast-check";
import { expect, test } from "vitest";
import { checkToolNameMap, createToolNameMapper, mapToolNames } from "./map-tool-names.ts";

const map = { read_file: "Read", run: "Bash", a: "b" };

test("names are turned into the other side's, unknown ones stay", () => {
  expect(mapToolNames(["read_file", "run", "other", "toString"], { map, to: "client" })).toEqual([
    "Read",
    "Bash",
    "other",
    "toString",
  ]);
  expect(mapToolNames(["Read", "Bash", "other", "read_file"], { map, to: "model" })).toEqual([
    "read_file",
    "run",
    "other",
    "read_file",
  ]);
  expect(createToolNameMapper({ map, to: "client" })("run")).toBe("Bash");
});

test("two model names for one client name: the first is used, and the check tells", () => {
  const double = { x: "Same", y: "Same" };
  expect(mapToolNames(["Same"], { map: double, to: "model" })).toEqual(["x"]);
  expect(mapToolNames(["x", "y"], { map: double, to: "client" })).toEqual(["Same", "Same"]);
  expect(checkToolNameMap(double)).toBe("Two model names stand for the client name `Same`.");
  expect(checkToolNameMap({ x: "" })).toBe("A tool name is empty.");
  expect(checkToolNameMap(map)).toBeNull();
});

test("with a map that the check passes, a model's names come back from the client as they were", () => {
  const maps = fc.dictionary(fc.string({ minLength: 1 }), fc.string({ minLength: 1 }));
  fc.assert(
    fc.property(maps, (names) => {
      fc.pre(checkToolNameMap(names) === null);
      const shown = mapToolNames(Object.keys(names), { map: names, to: "client" });
      expect(mapToolNames(shown, { map: names, to: "model" })).toEqual(Object.keys(names));
    }),
  );
});
