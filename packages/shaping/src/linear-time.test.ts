import { describe, expect, test } from "vitest";
import {
  extractJsonValue,
  createThinkStripper,
  mayHoldDirective,
  parseGemmaOutput,
  readDirectives,
  shapeOutput,
  stripDirectives,
  stripThinking,
} from "./index.ts";

/** What patterns that run away are afraid of; each is repeated to a long text. */
const pieces = [
  "a",
  " ",
  "\n",
  "\r\n",
  " \n",
  "@@tokenhub\n",
  "@@tokenhub",
  "@@tokenhub\na=1\n",
  "@@tokenhub a={\n",
  '@@tokenhub\na={"\n"\n',
  "@@tokenhub\nx\n",
  "@@end\n",
  " @@tokenhub \n\n",
  "@",
  "=",
  "a=",
  "\u2028",
  "<",
  "</",
  "<think>",
  "<think>a</think> ",
  "</think>",
  "<thi",
  "```json\n",
  "```json\n{\n```\n",
  "```",
  "`",
  "``` ",
  "~~~",
  "~~~\n",
  "{",
  "[",
  "[{",
  '{"a":',
  '{"',
  '"',
  '\\"',
  "[1,",
  "[[],",
  '{"a":{},',
  "}",
  "{}",
  "*",
  "**",
  "**a",
  "_",
  "__a ",
  "~~",
  "~~a",
  "[a](",
  "[a](b",
  "[a](x[a](y)",
  "![",
  '[a](b "',
  "](",
  "# ",
  "> ",
  ">",
  "- ",
  "* ",
  "\\",
  "<a",
  "<http://",
  "<!",
  "1. ",
  "---",
  "- - ",
  "<|tool_call>",
  "<|tool_call>call:f{a:",
  '<|tool_call>call:f{a:<|"|>',
  "<|channel>",
  "<|channel>thought ",
  "<tool_call|>",
  '<|"|>',
  "call:f{a:[",
  "é",
  "🙂",
];
const sizeChars = 100_000;

// Measured: at most 25 ms. The bound leaves room for a busy shared machine; a quadratic step takes many seconds on such texts.
const boundMs = 300;

function slowest(run: (text: string) => unknown): { piece: string; durationMs: number } {
  const durations = pieces.map((piece) => {
    const text = piece.repeat(Math.ceil(sizeChars / piece.length));
    const startedAt = performance.now();
    run(text);
    return { piece, durationMs: performance.now() - startedAt };
  });
  return durations.reduce((worst, next) => (next.durationMs > worst.durationMs ? next : worst));
}

describe("a text of anything takes no longer than its length", () => {
  test.each<[string, (text: string) => unknown]>([
    ["mayHoldDirective", mayHoldDirective],
    ["readDirectives", (text) => readDirectives([text])],
    ["stripDirectives", stripDirectives],
    ["stripThinking", stripThinking],
    ["extractJsonValue", extractJsonValue],
    [
      "shapeOutput as json",
      (text) => shapeOutput(text, { type: "json", stripThink: true, maxTokens: 300_000 }),
    ],
    ["shapeOutput as text", (text) => shapeOutput(text, { type: "text" })],
    ["shapeOutput as xml", (text) => shapeOutput(text, { type: "xml" })],
    ["parseGemmaOutput", parseGemmaOutput],
  ])(
    "%s",
    (_, run) => {
      const { piece, durationMs } = slowest(run);
      expect(durationMs, `on ${JSON.stringify(piece)}`).toBeLessThan(boundMs);
    },
    60_000,
  );

  test("createThinkStripper, a character at a time", () => {
    const stripper = createThinkStripper();
    const startedAt = performance.now();
    for (let at = 0; at < 300_000; at += 1) stripper.push("<thi nk>".charAt(at % 8));
    expect(performance.now() - startedAt).toBeLessThan(boundMs);
  });

  test("S1d-8: a megabyte of conversation is read and stripped in a moment, with a directive and without", () => {
    const prose = "The quick brown fox asks @@tokenhub for = and {more}.\n\n".repeat(19_000);
    const texts = [prose, `@@tokenhub mode=cheap\n${prose}`, `${prose}\n@@tokenhub\nmode=cheap\n@@end`];
    const durationsMs = texts.flatMap((text) =>
      Array.from({ length: 5 }, () => {
        const startedAt = performance.now();
        mayHoldDirective(text);
        readDirectives([text]);
        stripDirectives(text);
        return performance.now() - startedAt;
      }),
    );
    // Milliseconds, median of many.
    expect(durationsMs.toSorted((a, b) => a - b)[7]).toBeLessThan(50);
  });
});
