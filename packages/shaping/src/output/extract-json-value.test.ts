import * as fc from "fast-check";
import { expect, test } from "vitest";
import { extractJsonValue } from "./extract-json-value.ts";

test.each<[string, string, unknown]>([
  ["the whole text", ' {"a":[1,2]} ', { a: [1, 2] }],
  ["a bare scalar", "42", 42],
  ["null", "null", null],
  ["a fence", "```json\n[true]\n```", [true]],
  ["a fence rather than prose", 'See {"no":1}.\n```json\n{"a":1}\n```', { a: 1 }],
  ["an object in prose", 'Result: {"a": {"b": [1, "}"]}} and {"c":2}', { a: { b: [1, "}"] } }],
  ["a list in prose", 'I found [{"a":1}, {"a":2}] there', [{ a: 1 }, { a: 2 }]],
  ["behind a brace of prose", 'Use { to open: {"a":1}', { a: 1 }],
  ["inside braces of prose", 'f = {see {"a":1}}', { a: 1 }],
  ["inside an object that breaks off", '{"x": {"a":1}, "y":', { a: 1 }],
  ["the first of several complete ones in a broken one", '{"x": {"a":{"b":1}}, "y": [2], z', { a: { b: 1 } }],
  ["behind placeholders", 'For {name} in [list]: {"a":1}', { a: 1 }],
  ["behind a quote that never ends", '{"oh no\n {"a":1}', { a: 1 }],
  ["behind a bad escape", '["\\q", 1] {"a":1}', { a: 1 }],
  ["with escapes and numbers", 'x {"a\\"\\u00e9":-1.5e3,"b":[],"c":{}}', { 'a"é': -1500, b: [], c: {} }],
  ["a list behind a comma that is one too many", "[1,] [2]", [2]],
])("%s is found", (_, text, value) => {
  expect(extractJsonValue(text)?.value).toEqual(value);
});

test.each(["", "Paris.", "{", "[}", "{a:1}", "[01]", "{'a':1}", '{"a":1', "```json\nno\n```"])(
  "%j holds none",
  (text) => {
    expect(extractJsonValue(text)).toBeNull();
  },
);

test("values nested more than 256 levels deep are none", () => {
  const nested = (levels: number) => `${"[".repeat(levels)}${"]".repeat(levels)}`;
  expect(extractJsonValue(nested(256))).not.toBeNull();
  expect(extractJsonValue(nested(257))).toBeNull();
  expect(extractJsonValue(`see ${nested(100_000)} there`)).toBeNull();
});

test("any object or list is found in prose without brackets, as it was written", () => {
  const container = fc
    .oneof(fc.array(fc.jsonValue()), fc.dictionary(fc.string(), fc.jsonValue()))
    .map((value) => JSON.parse(JSON.stringify(value)) as unknown);
  const prose = fc.stringMatching(/^[a-z .,:'"]*$/);
  fc.assert(
    fc.property(container, prose, prose, fc.constantFrom(0, 2), (value, before, after, indent) => {
      const written = JSON.stringify(value, null, indent);
      expect(extractJsonValue(`x${before}${written}${after}`)).toEqual({ text: written, value });
    }),
    { numRuns: 500 },
  );
});

test("among brackets of any kind, what is found parses and stands in the text", () => {
  const piece = fc.constantFrom("{", "}", "[", "]", '"a"', '"', ":", ",", "1", "x", " ", "\n", "\\", "true");
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 30 }), (pieces) => {
      const text = pieces.join("");
      const found = extractJsonValue(text);
      if (found === null) return;
      expect(text).toContain(found.text);
      expect(JSON.parse(found.text)).toEqual(found.value);
    }),
    { numRuns: 2000 },
  );
});
