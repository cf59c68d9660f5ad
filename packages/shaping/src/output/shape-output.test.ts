import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { shapeOutput, type ShapedOutput } from "./shape-output.ts";
import { utf8Prefix } from "../utf8-prefix.ts";

function shaped(text: string, rest: Partial<ShapedOutput> = {}): ShapedOutput {
  return { text, changes: [], wasTruncated: false, isJson: false, ...rest };
}

test("without wishes a text stays as it is", () => {
  const text = " <think>a</think> **b** \n";
  expect(shapeOutput(text, {})).toEqual(shaped(text));
  expect(shapeOutput(text, { type: "none", stripThink: false })).toEqual(shaped(text));
});

describe("truncation", () => {
  test.each([
    ["123456789", 2, "12345678..."],
    ["12345678", 2, "12345678"],
    ["", 2, ""],
    ["1234567é9", 2, "1234567..."],
    ["123456é9", 2, "123456é..."],
    ["12345🙂9", 2, "12345..."],
    ["1234🙂9", 2, "1234🙂..."],
    ["日本語", 2, "日本..."],
    ["12345", 1, "1234..."],
  ])("%j to %i tokens is %j", (text, maxTokens, expected) => {
    const wasTruncated = expected !== text;
    expect(shapeOutput(text, { maxTokens })).toEqual(
      shaped(expected, { wasTruncated, changes: wasTruncated ? ["truncated"] : [] }),
    );
  });

  test("for any text: at most so many bytes, a beginning of the text, whole characters, and no byte too few", () => {
    fc.assert(
      fc.property(
        fc.string({ unit: "binary", maxLength: 40 }),
        fc.integer({ min: 1, max: 12 }),
        (text, maxTokens) => {
          const bytes = (part: string) => Buffer.byteLength(part);
          const { text: cut, wasTruncated } = shapeOutput(text, { maxTokens });
          if (bytes(text) <= maxTokens * 4) {
            expect({ cut, wasTruncated }).toEqual({ cut: text, wasTruncated: false });
            return;
          }
          const kept = cut.slice(0, -3);
          expect(cut.slice(-3)).toBe("...");
          expect(text.startsWith(kept)).toBe(true);
          expect(bytes(kept)).toBeLessThanOrEqual(maxTokens * 4);
          expect(bytes(kept)).toBeGreaterThan(maxTokens * 4 - 4);
          expect(Array.from(text).slice(0, Array.from(kept).length).join("")).toBe(kept);
        },
      ),
    );
  });

  test("bytes are counted as an encoder writes them", () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom("a", "é", "日", "🙂", "\ud83d", "\ude42") }), (text) => {
        expect(utf8Prefix(text, { maxBytes: Number.POSITIVE_INFINITY })).toEqual({
          length: text.length,
          bytes: new TextEncoder().encode(text).length,
        });
      }),
    );
  });
});

describe("json", () => {
  const json = (text: string, rest: Partial<ShapedOutput> = {}) =>
    shaped(text, { isJson: true, changes: ["json_extracted"], ...rest });

  test.each([
    ["a json fence", 'Sure:\n```json\n{"a": 1}\n```\nDone.', '{"a": 1}'],
    ["the first of two", "```json\n1\n```\n```json\n2\n```", "1"],
    ["a json fence before others", "```\n[1]\n```\n```json\n[2]\n```", "[2]"],
    ["any fence that parses", "```js\nlet a;\n```\n```\n[1]\n```", "[1]"],
    ["the next json fence when the first is broken", '```json\n{"a":\n```\n```json\n{"a":1}\n```', '{"a":1}'],
    ["an upper case fence", "```JSON\n{}\n```", "{}"],
    ["a fence of tildes", "~~~json\n{}\n~~~", "{}"],
    ["a longer fence", '````json\n{"code":"```"}\n````', '{"code":"```"}'],
    ["a fence that never ends", '```json\n{"a":1}', '{"a":1}'],
    ["a fence on one line", 'Here: \n```json {"a":1}``` there', '{"a":1}'],
    ["an indented fence", '  ```json\r\n  {"a":1}\r\n  ```', '{"a":1}'],
    ["a closing fence at a line's end", '```json\n{"a":1}```\nDone.', '{"a":1}'],
    ["space around", '\n {"a":1} \n', '{"a":1}'],
  ])("S1d-17: %s gives its value as written", (_, text, value) => {
    expect(shapeOutput(text, { type: "json" })).toEqual(json(value));
  });

  test("JSON alone stays as it is", () => {
    expect(shapeOutput('{"a":1}', { type: "json" })).toEqual(json('{"a":1}', { changes: [] }));
  });

  test.each(["Paris.", "", "See [1] and {x}.", "```json\n{a:1}\n```", '{"a":1'])(
    "%j holds none and is kept, with a flag",
    (text) => {
      expect(shapeOutput(text, { type: "json" })).toEqual(shaped(text));
    },
  );

  test("with a schema the text is the value that is validated, out of prose as well", () => {
    const schema = { type: "object" };
    const text = 'It is {"a":1}, I think.';
    expect(shapeOutput(text, { schema })).toEqual(json('{"a":1}'));
    expect(shapeOutput(text, { schema, type: "json" })).toEqual(json('{"a":1}'));
    expect(shapeOutput(text, { type: "json" })).toEqual(shaped(text));
  });

  test("thoughts go first, then the text is cut, then its form is made", () => {
    const text = '<think>{"no":1}</think>```json\n{"a":1}\n```';
    expect(shapeOutput(text, { type: "json", stripThink: true, maxTokens: 100 })).toEqual(
      json('{"a":1}', { changes: ["think_stripped", "json_extracted"] }),
    );
    expect(
      shapeOutput('<think>x</think>{"abcdefgh":1}', { type: "json", stripThink: true, maxTokens: 2 }),
    ).toEqual(shaped('{"abcdef...', { changes: ["think_stripped", "truncated"], wasTruncated: true }));
  });

  test("whatever is called JSON parses", () => {
    const piece = fc.constantFrom(
      "```json\n",
      "```\n",
      "\n",
      '{"a":',
      "1",
      "}",
      "[",
      "]",
      ",",
      '"',
      "x",
      "```",
    );
    fc.assert(
      fc.property(fc.array(piece), fc.boolean(), (pieces, hasSchema) => {
        const text = pieces.join("");
        const result = shapeOutput(text, { type: "json", ...(hasSchema ? { schema: true } : {}) });
        if (result.isJson) expect(() => JSON.parse(result.text) as unknown).not.toThrow();
        else expect(result.text).toBe(text);
      }),
      { numRuns: 1000 },
    );
  });
});

test("S1d-17: markdown is trimmed", () => {
  expect(shapeOutput("\n# Title\n\n- a \n\n", { type: "markdown" })).toEqual(
    shaped("# Title\n\n- a", { changes: ["markdown_trimmed"] }),
  );
});

describe("text", () => {
  test.each([
    ["headings", "# Title\n###### Six\n#tag #1", "Title\nSix\n#tag #1"],
    ["bullets", "* a\n+ b\n- c\n  * d\n1. e", "- a\n- b\n- c\n  - d\n1. e"],
    [
      "emphasis",
      "**bold** and __bold__, *em* and _em_, ***both***, ~~gone~~",
      "bold and bold, em and em, both, gone",
    ],
    ["code", "Use `npm *x* test` or ``a`b``.", "Use npm *x* test or ``a`b``."],
    ["fences", "Run:\n```sh\nls *.ts # all\n```\nDone", "Run:\nls *.ts # all\nDone"],
    [
      "links",
      '[a](https://x.example/y_(z)), ![b](c.png "t"), <https://z.example>',
      "a, b, https://z.example",
    ],
    ["quotes", "> one\n> > two", "one\ntwo"],
    ["rules", "a\n\n---\n* * *\n___\nb", "a\n\nb"],
    ["escapes", String.raw`1\. \*not em\* \# no`, "1. *not em* # no"],
  ])("S1d-17: %s", (_, markdown, text) => {
    expect(shapeOutput(markdown, { type: "text" })).toEqual(shaped(text, { changes: ["markdown_removed"] }));
  });

  test.each([
    "2 * 3 * 4 = 24",
    "snake_case_name and a_b",
    "a ** b",
    "[1], [2]",
    "x < y > z",
    "C# and F#",
    "-5 + 3",
    "5 - 3",
  ])("%j says no Markdown and stays", (text) => {
    expect(shapeOutput(text, { type: "text" })).toEqual(shaped(text));
  });
});

describe("xml", () => {
  test.each([
    ["a fence", "Here:\n```xml\n<a>\n  <b/>\n</a>\n```\nDone > 1", "<a>\n  <b/>\n</a>"],
    ["prose around", 'If 1 < 2: <?xml version="1.0"?><a>x</a> that is it.', '<?xml version="1.0"?><a>x</a>'],
    ["space around", "\n<a/>\n", "<a/>"],
  ])("S1d-17: %s gives the document", (_, text, xml) => {
    expect(shapeOutput(text, { type: "xml" })).toEqual(shaped(xml, { changes: ["xml_extracted"] }));
  });

  test.each(["Paris.", "a < b", "a > b <c"])("%j holds none and stays", (text) => {
    expect(shapeOutput(text, { type: "xml" })).toEqual(shaped(text));
  });
});
