import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { mayHoldDirective } from "./may-hold-directive.ts";
import { readDirectives } from "./read-directives.ts";
import { stripDirectives } from "./strip-directives.ts";

test.each([
  ["a line at the start", "@@tokenhub mode=cheap\nHello", "Hello"],
  ["blank lines behind it", "@@tokenhub mode=cheap\n\n\nHello\n\nBye", "Hello\n\nBye"],
  ["a line at the end", "Hello  \n\n@@tokenhub mode=cheap", "Hello  "],
  ["a line at the end with its break", "Hello\n@@tokenhub mode=cheap\n\n", "Hello"],
  ["a line between two others", "Hello\n@@tokenhub mode=cheap\nBye\n", "Hello\nBye\n"],
  ["a line between blank lines", "Hello\n\n@@tokenhub mode=cheap\n\nBye", "Hello\n\nBye"],
  ["a line with a blank line behind it only", "Hello\n@@tokenhub mode=cheap\n\nBye", "Hello\n\nBye"],
  ["a block", "@@tokenhub\nmode=cheap\nbudget=1\n@@end\n    indented\n", "    indented\n"],
  ["a block after blanks", "  @@tokenhub  \n\n  mode = cheap\n @@end \nHello", "Hello"],
  ["Windows line ends", "Hello\r\n@@tokenhub\r\nmode=cheap\r\n@@end\r\nBye\r\n", "Hello\r\nBye\r\n"],
  ["Windows line ends and blank lines", "Hello\r\n\r\n@@tokenhub mode=x\r\n\r\nBye", "Hello\r\n\r\nBye"],
  ["a blank line between Windows lines", "Hello\r\n@@tokenhub mode=x\r\n\r\nBye", "Hello\r\n\r\nBye"],
  ["unknown keys and bad values", "@@tokenhub mode=bogus colour=blue\nHello", "Hello"],
  ["prose on the directive's line", "@@tokenhub please\nHello", "Hello"],
  ["a word that continues the marker", "@@tokenhubs\nHello", "Hello"],
  ["several directives", "@@tokenhub a=1\nOne\n@@tokenhub\nb=2\n@@end\nTwo\n@@tokenhub c=3\n", "One\nTwo"],
  ["two directives in a row", "@@tokenhub a=1\n\n@@tokenhub b=2\n\nHello", "Hello"],
  ["a directive and nothing else", "\n@@tokenhub mode=cheap\n\n", ""],
  ["a marker and nothing else", "@@tokenhub", ""],
  [
    "a schema over several lines",
    '@@tokenhub\noutput_schema={\n  "type": "object"\n}\n@@end\nHello',
    "Hello",
  ],
  ["prose inside a block", "@@tokenhub\nmode=cheap\nHello there\n@@end\nBye", "Bye"],
  ["a block of pairs longer than 2,048", `@@tokenhub\n${"colour=blue\n".repeat(300)}@@end\nHello`, "Hello"],
])("S1d-8: %s leaves nothing of the directive and all of the rest", (_, text, rest) => {
  expect(stripDirectives(text)).toBe(rest);
});

test.each([
  ["the marker alone", "@@tokenhub\nHello\nBye", "Hello\nBye"],
  ["to its last pair", "@@tokenhub\nmode=cheap\n\nbudget=1\n\nHello\nx=1", "Hello\nx=1"],
  ["up to the next directive", "@@tokenhub\nmode=cheap\n@@tokenhub\nmode=vote\n@@end\nHello", "Hello"],
  [
    "not up to an end far away",
    `@@tokenhub\nmode=cheap\nHello\n${"x\n".repeat(1100)}@@end`,
    `Hello\n${"x\n".repeat(1100)}@@end`,
  ],
  ["its schema included", '@@tokenhub\noutput_schema={\n"type":"object"\n}\nHello', "Hello"],
])("S1d-8, S1d-16: a block without its end is stripped too: %s", (_, text, rest) => {
  expect(stripDirectives(text)).toBe(rest);
});

test.each(["Tell me about @@tokenhub mode=cheap", "> @@tokenhub", "@@end", "mode=cheap", "", "\n\n a \n\n"])(
  "%j is no directive and stays as it is",
  (text) => {
    expect(stripDirectives(text)).toBe(text);
  },
);

const piece = fc.constantFrom(
  "@@tokenhub",
  "@@TOKENHUB",
  "@@end",
  "mode=cheap",
  " output_schema={",
  '"a":1',
  "}",
  "Hello",
  " ",
  "\t",
  "\uFEFF",
  "\n",
  "\n\n",
  "\r\n",
  "\r",
  "\u2028",
);
const texts = fc
  .array(fc.oneof(piece, fc.string({ maxLength: 5 })), { maxLength: 40 })
  .map((pieces) => pieces.join(""));

describe("for any text", () => {
  test("S1d-8: no line starts with the marker afterwards, and stripping again changes nothing", () => {
    fc.assert(
      fc.property(texts, (text) => {
        const stripped = stripDirectives(text);
        expect(stripped).not.toMatch(/^\s*@@tokenhub/im);
        expect(stripDirectives(stripped)).toBe(stripped);
        expect(readDirectives([stripped])).toEqual({ kind: "none" });
      }),
      { numRuns: 2000 },
    );
  });

  test("without a marker at a line's start it is untouched", () => {
    fc.assert(
      fc.property(texts, (text) => {
        fc.pre(!/^\s*@@tokenhub/im.test(text));
        expect(stripDirectives(text)).toBe(text);
      }),
      { numRuns: 500 },
    );
  });

  test("the lines around a directive stay, in their order", () => {
    const prose = fc.array(fc.stringMatching(/^[a-z .]*[a-z]$/), { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(prose, prose, (before, after) => {
        const text = [...before, "@@tokenhub", "mode=cheap", "@@end", ...after].join("\n");
        expect(stripDirectives(text)).toBe([...before, ...after].join("\n"));
      }),
    );
  });
});

describe("mayHoldDirective", () => {
  test("sees the marker in raw JSON, however its characters are escaped", () => {
    const character = fc.constantFrom("plain", "lower", "upper");
    fc.assert(
      fc.property(fc.array(character, { minLength: 10, maxLength: 10 }), fc.boolean(), (forms, isUpper) => {
        const marker = isUpper ? "@@TOKENHUB" : "@@tokenhub";
        const written = marker.split("").map((letter, at) => {
          const code = letter.charCodeAt(0).toString(16).padStart(4, "0");
          if (forms[at] === "plain") return letter;
          return `\\u${forms[at] === "upper" ? code.toUpperCase() : code}`;
        });
        const body = `{"messages":[{"role":"user","content":"${written.join("")} mode=cheap"}]}`;
        expect(JSON.parse(body)).toHaveProperty("messages.0.content", `${marker} mode=cheap`);
        expect(mayHoldDirective(body)).toBe(true);
      }),
    );
  });

  test.each(['{"content":"Hello"}', '{"content":"a@tokenhub.example \\u003cb\\u003e \\u001b \\n"}', ""])(
    "%j needs no closer look",
    (body) => {
      expect(mayHoldDirective(body)).toBe(false);
    },
  );
});
