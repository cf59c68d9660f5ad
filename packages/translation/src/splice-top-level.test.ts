import { TokenHubError } from "@tokenhub/contracts";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { scanJsonObject } from "./json-scanner.ts";
import { spliceTopLevel } from "./splice-top-level.ts";

/** JSON text with white space sprinkled between its tokens. */
const spacedJson = (value: fc.Arbitrary<unknown>): fc.Arbitrary<string> =>
  fc
    .tuple(
      value,
      fc.array(fc.constantFrom("", " ", "\n", "\t", "\r\n", "  "), { minLength: 1, maxLength: 5 }),
    )
    .map(([json, spaces]) => {
      let next = 0;
      const space = (): string => {
        next += 1;
        return spaces[next % spaces.length] ?? "";
      };
      const text = JSON.stringify(json);
      // Only outside strings: cut the text into strings and the rest.
      const spaced = text.replaceAll(/"(?:[^"\\]|\\.)*"|[{}[\],:]/g, (token) =>
        token.startsWith('"') ? token : space() + token + space(),
      );
      return space() + spaced + space();
    });

const keys = fc.oneof(
  fc.constantFrom("model", "stream", "a", "", "mo\ndel", "ключ", "__proto__"),
  fc.string(),
);
const objects = fc.dictionary(keys, fc.jsonValue({ maxDepth: 3 }), { maxKeys: 8 });

/** An own property whatever its name. */
function withMember(object: object, change: { readonly key: string; readonly value: unknown }): object {
  const entries = Object.entries(object).filter(([key]) => key !== change.key);
  return Object.fromEntries([...entries, [change.key, change.value]]);
}

describe("spliceTopLevel", () => {
  test.each([
    ["replaces a value", '{"model":"a","n":1}', { model: '"b"' }, '{"model":"b","n":1}'],
    [
      "keeps white space around a replaced value",
      '{ "model" :  "a"  }',
      { model: '"b"' },
      '{ "model" :  "b"  }',
    ],
    ["inserts a missing member at the end", '{"n":1 }', { model: '"b"' }, '{"n":1,"model":"b" }'],
    ["inserts into an empty object", "{ }", { model: '"b"' }, '{"model":"b" }'],
    ["removes the first member", '{"a":1, "b":2}', { a: undefined }, '{"b":2}'],
    ["removes the last member", '{"a":1, "b":2}', { b: undefined }, '{"a":1}'],
    ["removes a member in the middle", '{"a":1, "b":2 , "c":3}', { b: undefined }, '{"a":1 , "c":3}'],
    ["removes the only member", '{ "a":1 }', { a: undefined }, "{  }"],
    ["removes several neighbours", '{"a":1,"b":2,"c":3}', { a: undefined, b: undefined }, '{"c":3}'],
    ["removes all and inserts one", '{"a":1,"b":2}', { a: undefined, b: undefined, c: "3" }, '{"c":3}'],
    ["ignores the removal of a missing member", '{"a":1}', { z: undefined }, '{"a":1}'],
    ["changes every occurrence of a duplicate", '{"a":1,"b":0,"a":2}', { a: "9" }, '{"a":9,"b":0,"a":9}'],
    ["removes every occurrence of a duplicate", '{"a":1,"b":0,"a":2}', { a: undefined }, '{"b":0}'],
    ["finds an escaped name", '{"mo\\u0064el":"a"}', { model: '"b"' }, '{"mo\\u0064el":"b"}'],
    [
      "leaves nested members alone",
      '{"x":{"model":"a"},"y":[{"model":1}]}',
      { model: "1" },
      '{"x":{"model":"a"},"y":[{"model":1}],"model":1}',
    ],
    [
      "is not fooled by braces in strings",
      '{"a":"},{\\"model\\":1","model":2}',
      { model: "3" },
      '{"a":"},{\\"model\\":1","model":3}',
    ],
    ["escapes an inserted name", "{}", { 'q"': "1" }, '{"q\\"":1}'],
  ])("%s", (_title, json, changes, expected) => {
    expect(spliceTopLevel(json, changes)).toBe(expected);
  });

  test.each(
    [
      [
        "",
        " ",
        "[]",
        '"{}"',
        "null",
        "1",
        "{",
        "}",
        "{]",
        '{"a"}',
        '{"a":}',
        '{"a":1,}',
        '{,"a":1}',
        "{} {}",
      ],
      [
        '{"a":tru}',
        '{"a":01}',
        '{"a":1.}',
        '{"a":-}',
        '{"a":"\n"}',
        '{"a":"\\x"}',
        '{"a":"\\u00g0"}',
        "{'a':1}",
      ],
      ['{"a":[1,]}', '{"a":[1 2]}', '{"a":{"b":1,}}', '{"a":{"b"}}', '{"a":[}', '{"a":1', '{"a":"x', "{a:1}"],
    ].flat(),
  )("refuses text that is no JSON object: %j", (json) => {
    expect(() => spliceTopLevel(json, { model: "1" })).toThrow(TokenHubError);
  });

  test("gives an object with the member set, whatever the object", () => {
    fc.assert(
      fc.property(spacedJson(objects), keys, fc.jsonValue({ maxDepth: 2 }), (json, key, value) => {
        const edited = spliceTopLevel(json, Object.fromEntries([[key, JSON.stringify(value)]]));
        const expected = withMember(JSON.parse(json) as object, { key, value });
        expect(JSON.parse(edited)).toEqual(JSON.parse(JSON.stringify(expected)));
      }),
    );
  });

  test("gives an object without the member, whatever the object", () => {
    fc.assert(
      fc.property(spacedJson(objects), keys, (json, key) => {
        const edited = spliceTopLevel(json, Object.fromEntries([[key, undefined]]));
        const entries = Object.entries(JSON.parse(json) as object).filter(([name]) => name !== key);
        expect(JSON.parse(edited)).toEqual(Object.fromEntries(entries));
      }),
    );
  });

  test("leaves every byte outside the edited value as it is", () => {
    fc.assert(
      fc.property(spacedJson(objects), fc.nat(), (json, pick) => {
        const members = scanJsonObject(json) ?? [];
        const member = members[pick % Math.max(members.length, 1)];
        fc.pre(member !== undefined);
        if (member === undefined) return;
        const edited = spliceTopLevel(json, Object.fromEntries([[member.key, "0"]]));
        expect(edited).toBe(`${json.slice(0, member.valueStart)}0${json.slice(member.end)}`);
      }),
    );
  });

  test("changes nothing when there is nothing to change", () => {
    fc.assert(
      fc.property(spacedJson(objects), (json) => {
        expect(spliceTopLevel(json, {})).toBe(json);
      }),
    );
  });

  test("takes exactly the texts that JSON.parse reads as an object", () => {
    const mutated = fc
      .tuple(
        spacedJson(objects),
        fc.nat(),
        fc.constantFrom("", '"', "{", "}", ",", ":", "\\", "x", "1", "\u0000"),
      )
      .map(([json, position, character]) => {
        const at = position % (json.length + 1);
        return json.slice(0, at) + character + json.slice(at + 1);
      });
    fc.assert(
      fc.property(mutated, (text) => {
        expect(scanJsonObject(text) !== null).toBe(isObjectText(text));
      }),
      { numRuns: 3_000 },
    );
  });

  test("handles a member nested 200,000 levels deep", () => {
    const depth = 200_000;
    const json = `{"deep":${"[".repeat(depth)}${"]".repeat(depth)},"model":"a"}`;
    expect(spliceTopLevel(json, { deep: undefined, model: '"b"' })).toBe('{"model":"b"}');
  });

  test("takes a 4 MB body in well under a second", () => {
    const json = `{"model":"a","image":"${"A\\n".repeat(1_333_333)}"}`;
    const startedAt = performance.now();
    spliceTopLevel(json, { model: '"b"' });
    expect(performance.now() - startedAt).toBeLessThan(400);
  });
});

function isObjectText(text: string): boolean {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && !Array.isArray(value);
  } catch {
    return false;
  }
}
