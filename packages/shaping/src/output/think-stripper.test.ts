import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { beginsInside, createThinkStripper, stripThinking } from "./think-stripper.ts";

test.each([
  ["one thought", "<think>Hmm.</think>\n\nParis.", "Paris."],
  ["the longer tag", "<thinking>Hmm.</thinking> Paris.", "Paris."],
  ["upper case", "<THINK>Hmm.</Think>Paris.", "Paris."],
  ["several thoughts", "<think>a</think>One <think>b</think>two<think>c</think>", "One two"],
  ["white space before the first", " \n<think>a</think>\n One", "One"],
  ["a thought that never ends", "<think>Hmm. Let me", ""],
  ["a later thought that never ends", "Paris. <think>Hmm.", "Paris. "],
  ["an answer that began inside", "Hmm.\n</think>\nParis.", "Paris."],
  ["a stray closing tag", "<think>a</think>One</think> two", "One two"],
  ["an opening tag inside", "<think>a<think>b</think>c", "c"],
  ["tags that close each other's", "<think>a</thinking>b", "b"],
  ["white space inside the answer", "One\n\n<think>a</think>\n\nTwo \n", "One\n\n\n\nTwo \n"],
  ["an empty thought", "<think></think>Paris.", "Paris."],
  ["a thought and nothing else", "<think>a</think> \n", ""],
])("%s goes", (_, text, stripped) => {
  expect(stripThinking(text)).toBe(stripped);
});

test.each([
  "",
  "Paris.",
  "  \n",
  "\n Paris. \n",
  "a < b",
  "<thin",
  "<thinker>x</thinker>",
  "< think>",
  "</",
  "<think",
])("%j is no thought and stays as it is", (text) => {
  expect(stripThinking(text)).toBe(text);
});

const pieces = fc.array(
  fc.oneof(
    fc.constantFrom(
      "<think>",
      "</think>",
      "<thinking>",
      "</thinking>",
      "</THINK>",
      "<thi",
      "<",
      "nk>",
      ">",
      " ",
      "\n",
      "x",
    ),
    fc.string({ maxLength: 4 }),
  ),
  { maxLength: 20 },
);

function streamed(chunks: readonly string[], startsInside: boolean): string {
  const stripper = createThinkStripper({ startsInside });
  return chunks.map((chunk) => stripper.push(chunk)).join("") + stripper.end();
}

describe("in a stream", () => {
  test("any cutting into pieces gives what the whole text gives", () => {
    const cuts = fc.array(fc.nat({ max: 200 }), { maxLength: 12 });
    fc.assert(
      fc.property(pieces, cuts, (parts, places) => {
        const text = parts.join("");
        const sorted = [0, ...places.map((place) => place % (text.length + 1)).toSorted((a, b) => a - b)];
        const chunks = sorted.map((start, n) => text.slice(start, sorted[n + 1] ?? text.length));
        const whole = stripThinking(text);
        expect(streamed(chunks, beginsInside(text))).toBe(whole);
        expect(streamed(text.split(""), beginsInside(text))).toBe(whole);
      }),
      { numRuns: 1000 },
    );
  });

  test("nothing of a thought is ever returned, and all of the answer is", () => {
    const answer = fc.stringMatching(/^[a-z .]*$/);
    const thought = fc.stringMatching(/^[A-Z <>/]*$/).map((text) => text.replace(/<\/?(?:THINK)/g, ""));
    const tag = fc.constantFrom("think", "thinking", "Think");
    fc.assert(
      fc.property(fc.array(fc.tuple(answer, tag, thought)), answer, (turns, last) => {
        const text =
          turns.map(([said, name, thoughts]) => `${said}<${name}>${thoughts}</${name}>`).join("") + last;
        const shown = streamed(text.split(""), false);
        const said = turns.map(([words]) => words).join("") + last;
        expect(shown.trimStart()).toBe(said.trimStart());
      }),
      { numRuns: 500 },
    );
  });

  test("what cannot become a tag is returned at once", () => {
    const stripper = createThinkStripper();
    expect(stripper.push("Par")).toBe("Par");
    expect(stripper.push("is <")).toBe("is ");
    expect(stripper.push("b>")).toBe("<b>");
    expect(stripper.push("x</thinkin")).toBe("x");
    expect(stripper.push("g")).toBe("");
    expect(stripper.push("> y")).toBe(" y");
    expect(stripper.push("<thi")).toBe("");
    expect(stripper.end()).toBe("<thi");
  });

  test("a stream that is known to begin inside a thought shows nothing before its end", () => {
    expect(streamed(["Hmm. ", "So</th", "ink>\n", "Paris."], true)).toBe("Paris.");
    expect(streamed(["Hmm. "], true)).toBe("");
  });
});
