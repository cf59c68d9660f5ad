import { describe, expect, test } from "vitest";
import { checkPattern } from "./check-pattern.ts";
import { checkSchemaBounds } from "./check-schema-bounds.ts";

function nested(levels: number): unknown {
  return levels === 1 ? {} : { not: nested(levels - 1) };
}

test.each<[string, unknown]>([
  ["an object", { type: "object", properties: { a: { type: "string", pattern: "^[a-z]+$" } } }],
  ["a truth value", true],
  ["32 levels", nested(32)],
  ["200 references", { allOf: Array.from({ length: 200 }, () => ({ $ref: "#/$defs/a" })) }],
  ["a property of the name $ref", { properties: { $ref: { type: "string" }, pattern: { type: "string" } } }],
  [
    "data that look like keywords",
    { const: { $ref: "https://x.example", pattern: "(a+)+" }, enum: [{ pattern: "(" }] },
  ],
  ["a property named like data", { properties: { const: { pattern: "a" }, enum: { type: "string" } } }],
  ["references without text", { $ref: 7 }],
])("%s may be worked with", (_, schema) => {
  expect(checkSchemaBounds(schema)).toBeNull();
});

const evil = /repeats a repetition/;
test.each<[string, unknown, string, RegExp]>([
  ["null", null, "", /must be an object or a truth value/],
  ["a list", [], "", /must be an object or a truth value/],
  ["a text", "{}", "", /must be an object or a truth value/],
  ["33 levels", nested(33), "/not".repeat(32), /more than 32 levels/],
  ["endless levels", nested(5000), "/not".repeat(32), /more than 32 levels/],
  ["levels in data", { const: { a: nested(31) } }, `/const/a${"/not".repeat(30)}`, /more than 32 levels/],
  ["more than 64 kB", { description: "é".repeat(33_000) }, "", /longer than 65536 bytes/],
  [
    "201 references",
    { allOf: Array.from({ length: 201 }, () => ({ $ref: "#" })) },
    "/allOf/200/$ref",
    /one reference more/,
  ],
  [
    "a remote reference",
    { properties: { a: { $ref: "https://x.example/s" } } },
    "/properties/a/$ref",
    /outside the schema/,
  ],
  ["a relative reference", { $ref: "other.json#/a" }, "/$ref", /outside the schema/],
  ["a remote dynamic reference", { $dynamicRef: "x#a" }, "/$dynamicRef", /outside the schema/],
  ["a nested repetition", { items: { pattern: "^(a+)+$" } }, "/items/pattern", evil],
  [
    "one in a property's name",
    { patternProperties: { "(a*)*~/": {} } },
    "/patternProperties/(a*)*~0~1",
    evil,
  ],
  [
    "one in a property named const",
    { properties: { const: { pattern: "(a+)+" } } },
    "/properties/const/pattern",
    evil,
  ],
  ["one behind an unknown keyword", { x: { y: [{ pattern: "(a+)+" }] } }, "/x/y/0/pattern", evil],
  ["a long pattern", { pattern: "a".repeat(513) }, "/pattern", /longer than 512 characters/],
  ["a broken pattern", { pattern: "(" }, "/pattern", /not a valid regular expression/],
])("%s is refused with a pointer to it", (_, schema, pointer, problem) => {
  const refusal = checkSchemaBounds(schema);
  expect(refusal).toMatchObject({ pointer, problem: expect.stringMatching(problem) });
  expect(refusal?.reason).toBe(`${pointer === "" ? "the schema" : `\`${pointer}\``} ${refusal?.problem}`);
});

describe("regular expressions", () => {
  test.each([
    "",
    "abc",
    "a+b*c?",
    "^.*$",
    "^[^@\\s]+@[^@\\s]+\\.[^@\\s]+$",
    "^(foo|bar)+$",
    "^(?:ab)*$",
    "(a+)?",
    "(a+)",
    "(a{2})+",
    "^[a-z0-9]+(-[a-z0-9]+)*$",
    "^([a-z0-9]+(-[a-z0-9]+)*\\.)+[a-z]{2,}$",
    "^(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\\.)+[a-z]{2,63}$",
    "^(\\d{1,3}\\.){3}\\d{1,3}$",
    "^(?:(?:25[0-5]|2[0-4][0-9]|[01]?[0-9][0-9]?)\\.){3}(?:25[0-5]|2[0-4][0-9]|[01]?[0-9][0-9]?)$",
    "^P(?!$)(\\d+Y)?(\\d+M)?(T(?=\\d)(\\d+H)?)?$",
    "^\\d{4}-\\d{2}-\\d{2}(T\\d{2}:\\d{2}(:\\d{2}(\\.\\d+)?)?(Z|[+-]\\d{2}:\\d{2}))?$",
    "^(/[^/]*)+$",
    "^([^,]*,)*[^,]*$",
    "^(\\w+\\s)*$",
    "^(?<word>[a-z]+ )+$",
    "^(a*b)*$",
    "[(+*]+",
    "\\(a+\\)+",
    "^(\\u{1F642}a+)*$",
    "^(?:\\p{Lu}\\d+)*$",
    "(?:(a)b\\1)*",
    "((a?)?\\.)+",
  ])("%s is used", (pattern) => {
    expect(checkPattern(pattern)).toBeNull();
  });

  test.each([
    "(a+)+",
    "(a*)*",
    "(a+)*b",
    "^(([a-z])+.)+$",
    "(a|b+)+",
    "([a-z]+)*$",
    "(.*)*",
    "(?:a+){2,}",
    "(a?b?)*",
    "(a{1,3})*",
    "((a+)b?)+",
    "(x+x+)+y",
    "(a+a)+",
    "(\\w+\\d)*",
    "([^,]*[^;]*,)*",
    "(a+){50}",
    "(?:(?:a+)b*)+",
    "^(\\s*\\w+\\s*)*$",
    "(-?a*)*",
    "((a*)*b)*",
    "(?=(a+)+)b",
    "(a?a?\\.)+",
    "((ab?|a)?\\.)+",
    "(a*a*\\.)+",
    "((a?)+-)+",
  ])("%s is refused", (pattern) => {
    expect(checkPattern(pattern)).toMatch(evil);
  });

  test("what is used answers fast, also for texts that almost match", () => {
    const used = [
      "^[a-z0-9]+(-[a-z0-9]+)*$",
      "^([a-z0-9]+(-[a-z0-9]+)*\\.)+[a-z]{2,}$",
      "^(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\\.)+[a-z]{2,63}$",
      "^(/[^/]*)+$",
      "^(\\w+\\s)*$",
      "^(a*b)*$",
      "^((a?)?\\.)+$",
    ];
    const startedAt = performance.now();
    for (const pattern of used) {
      expect(checkPattern(pattern)).toBeNull();
      for (const unit of ["a", "a-", "a.", "/a", "a ", "ab"])
        new RegExp(pattern, "u").test(`${unit.repeat(2000)}!\n`);
    }
    expect(performance.now() - startedAt).toBeLessThan(1000);
  });
});
