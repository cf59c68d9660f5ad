import fc from "fast-check";
import { expect, test } from "vitest";
import { findJsonSyntaxError } from "./json-syntax-error.ts";

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

test("it agrees with the engine's parser on valid and on damaged JSON", () => {
  const damaged = fc
    .tuple(fc.json(), fc.nat(), fc.constantFrom("", ",", "}", "]", '"', ":", "1", "x", "\t", "\\"))
    .map(([text, at, insertion]) => {
      const cut = at % (text.length + 1);
      return text.slice(0, cut) + insertion + text.slice(cut + 1);
    });
  fc.assert(
    fc.property(fc.oneof(fc.json(), damaged, fc.string()), (text) => {
      expect(findJsonSyntaxError(text) === null).toBe(isJson(text));
    }),
    { numRuns: 2_000 },
  );
});

test.each([
  ['{"a": 1 "b": 2}', 8, "a comma or the closing bracket"],
  ['{"a": 1,}', 8, "the comma before this bracket must go"],
  ["[1, 2", 5, "a comma or the closing bracket"],
  ["{a: 1}", 1, "a key in double quotes"],
  ['{"a" 1}', 5, "a colon"],
  ['{"a": }', 6, "a JSON value is expected"],
  ["{} {}", 3, "nothing may follow"],
  ['{"a": "unclosed}', 6, "a JSON value is expected"],
  ["", 0, "a JSON value is expected"],
])("the fault in %j is at %d: %s", (text, offset, reason) => {
  const error = findJsonSyntaxError(text);
  expect(error?.offset).toBe(offset);
  expect(error?.reason).toContain(reason);
});

test("deep nesting does not overflow the stack", () => {
  expect(findJsonSyntaxError("[".repeat(100_000) + "]".repeat(100_000))).toBeNull();
});
