import * as fc from "fast-check";
import { expect, test } from "vitest";
import { parseGemmaOutput } from "./parse-gemma-output.ts";

const q = '<|"|>';
const call = (name: string, members: string) => `<|tool_call>call:${name}{${members}}<tool_call|>`;

test.each<[string, string, string, string | null, [string, unknown][]]>([
  ["plain text", " Paris.\n", "Paris.", null, []],
  ["reasoning and text", "<|channel>thought\nHmm.\n<channel|>Paris.", "Paris.", "Hmm.", []],
  ["two thoughts", "<|channel>thought A<channel|>x<|channel>thought B<channel|>y", "xy", "A\nB", []],
  ["an empty thought", "<|channel>thought\n<channel|>Paris.", "Paris.", null, []],
  ["reasoning that never ends", "<|channel>thought\nHmm. Let me", "", "Hmm. Let me", []],
  ["another channel", "<|channel>final\nParis.<channel|>", "final\nParis.", null, []],
  ["a call", call("f", `k:${q}v${q}`), "", null, [["f", { k: "v" }]]],
  ["a call without arguments", call("get_time", ""), "", null, [["get_time", {}]]],
  [
    "a dotted name and space",
    "<|tool_call> call: a.b-c {k: 1 } <tool_call|>",
    "",
    null,
    [["a.b-c", { k: 1 }]],
  ],
  [
    "all kinds of values",
    call(
      "f",
      `s:${q}a"b{,}\n${q},n:-1.5,i:007,t:true,z:null,l:[1,${q}x${q},[]],o:{p:{q:false}},${q}odd key${q}:"json\\n"`,
    ),
    "",
    null,
    [
      [
        "f",
        {
          s: 'a"b{,}\n',
          n: -1.5,
          i: 7,
          t: true,
          z: null,
          l: [1, "x", []],
          o: { p: { q: false } },
          "odd key": "json\n",
        },
      ],
    ],
  ],
  [
    "thought, text and two calls",
    `<|channel>thought\nHm<channel|>Let me look.${call("a", "x:1")}${call("b", `y:${q}2${q}`)}`,
    "Let me look.",
    "Hm",
    [
      ["a", { x: 1 }],
      ["b", { y: "2" }],
    ],
  ],
  [
    "a call out of an unfinished thought",
    `<|channel>thought Hm${call("a", "x:1")}`,
    "",
    "Hm",
    [["a", { x: 1 }]],
  ],
  [
    "tokens inside a string",
    call("f", `k:${q}<tool_call|><|channel>${q}`),
    "",
    null,
    [["f", { k: "<tool_call|><|channel>" }]],
  ],
  ["a call without its end", `<|tool_call>call:f{k:1}`, "", null, [["f", { k: 1 }]]],
  ["a cut call", `Hi <|tool_call>call:f{k:${q}v`, `Hi <|tool_call>call:f{k:${q}v`, null, []],
  ["a malformed call", `Hi ${call("f", "k=1")}`, `Hi ${call("f", "k=1")}`, null, []],
  [
    "a call behind a malformed one",
    `<|tool_call>call:f{k${call("g", "k:1")}`,
    "<|tool_call>call:f{k",
    null,
    [["g", { k: 1 }]],
  ],
  ["an own member name", call("f", "__proto__:1"), "", null, [["f", JSON.parse('{"__proto__":1}')]]],
])("%s is read", (_, text, said, reasoning, calls) => {
  const output = parseGemmaOutput(text);
  expect(output).toMatchObject({ text: said, reasoning });
  expect(output.toolCalls.map((made) => [made.name, JSON.parse(made.arguments)])).toEqual(calls);
});

test("too deep arguments stay text", () => {
  const text = call("f", `k:${"[".repeat(5000)}${"]".repeat(5000)}`);
  expect(parseGemmaOutput(text)).toEqual({ text, reasoning: null, toolCalls: [] });
});

type Value = string | number | boolean | null | Value[] | { [key: string]: Value };

function written(value: Value): string {
  if (typeof value === "string") return `${q}${value}${q}`;
  if (Array.isArray(value)) return `[${value.map(written).join(",")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  return `{${Object.entries(value)
    .map(([key, member]) => `${key}:${written(member)}`)
    .join(",")}}`;
}

test("any arguments a template writes are read back", () => {
  const key = fc.stringMatching(/^[a-zA-Z_]\w{0,6}$/);
  const { value } = fc.letrec<{ value: Value }>((tie) => ({
    value: fc.oneof(
      { maxDepth: 3, withCrossShrink: true },
      fc.string().filter((text) => !text.includes("<|")),
      fc.integer(),
      fc.boolean(),
      fc.constant(null),
      fc.array(tie("value"), { maxLength: 3 }),
      fc.dictionary(key, tie("value"), { maxKeys: 3, noNullPrototype: true }),
    ),
  }));
  fc.assert(
    fc.property(fc.dictionary(key, value, { maxKeys: 4, noNullPrototype: true }), (members) => {
      const text = `<|tool_call>call:f${written(members)}<tool_call|>`;
      const { text: said, toolCalls } = parseGemmaOutput(text);
      expect(said).toBe("");
      expect(toolCalls.map((made) => JSON.parse(made.arguments) as unknown)).toEqual([members]);
    }),
    { numRuns: 300 },
  );
});
