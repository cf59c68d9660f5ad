import * as fc from "fast-check";
import { expect, test } from "vitest";
import { fillTemplate, placeholdersOf } from "./fill-template.ts";

test("placeholders are filled in, with blanks around the name or without", () => {
  const values = new Map([
    ["a", "1"],
    ["b", "2"],
  ]);
  expect(fillTemplate("{{a}}-{{ b }}-{{a}}-{{c}}-{a}", values)).toBe("1-2-1-{{c}}-{a}");
});

test("numbered values stand together for their plural, each in tags with its number", () => {
  const values = new Map([
    ["answers.1", "x"],
    ["answers.2", "{{answers}}"],
  ]);
  expect(fillTemplate("{{answers}}", values)).toBe(
    '<answer number="1">\nx\n</answer>\n\n<answer number="2">\n{{answers}}\n</answer>',
  );
});

test("placeholders are listed once each", () => {
  expect(placeholdersOf("{{a}} {{ b }} {{a}} {c} {{}}")).toEqual(["a", "b", ""]);
});

test("a value is never filled in a second time, whatever it holds", () => {
  const value = fc.oneof(fc.string(), fc.constantFrom("{{a}}", "{{b}}", "$&", "{{", "}}", "{{a}}{{b}}"));
  fc.assert(
    fc.property(value, value, (a, b) => {
      const values = new Map([
        ["a", a],
        ["b", b],
      ]);
      expect(fillTemplate("<{{a}}|{{b}}|{{a}}>", values)).toBe(`<${a}|${b}|${a}>`);
    }),
  );
});
