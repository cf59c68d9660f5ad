import * as fc from "fast-check";
import { expect, test } from "vitest";
import { closeMatches } from "./close-matches.ts";

const names = ["gpt-4", "gpt-4o", "gpt-3.5-turbo", "claude-opus", "claude-sonnet", "llama"];

test("names within a few edits are offered, the closest first", () => {
  expect(closeMatches("gpt4o", { names, limit: 3 })).toEqual(["gpt-4o"]);
  expect(closeMatches("gpt-40", { names, limit: 3 })).toEqual(["gpt-4", "gpt-4o"]);
  expect(closeMatches("claude-sonet", { names, limit: 3 })).toEqual(["claude-sonnet"]);
  expect(closeMatches("Claude-Opus", { names, limit: 3 })).toEqual(["claude-opus"]);
  expect(closeMatches("claude-sonus", { names, limit: 3 })).toEqual(["claude-opus", "claude-sonnet"]);
});

test("nothing is offered for a name that resembles none, nor more than the limit", () => {
  expect(closeMatches("mistral-large", { names, limit: 3 })).toEqual([]);
  expect(closeMatches("m5", { names: ["m1", "m2", "m3", "m4"], limit: 3 })).toEqual(["m1", "m2", "m3"]);
});

test("one edit anywhere in a name of three letters or more is always forgiven", () => {
  const word = fc.string({ unit: fc.constantFrom("a", "b", "-", "4"), minLength: 3, maxLength: 20 });
  fc.assert(
    fc.property(word, fc.nat(), fc.constantFrom("insert", "drop", "replace"), (name, where, edit) => {
      const at = where % name.length;
      const middle = edit === "insert" ? `x${name.charAt(at)}` : edit === "drop" ? "" : "x";
      const typed = name.slice(0, at) + middle + name.slice(at + 1);
      expect(closeMatches(typed, { names: [name], limit: 3 })).toEqual([name]);
    }),
  );
});

test("very long names are compared by their beginning", () => {
  const long = "m".repeat(100_000);
  expect(closeMatches(long, { names: ["m".repeat(70)], limit: 3 })).toEqual(["m".repeat(70)]);
});
