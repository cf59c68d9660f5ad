import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { readJudgeVerdict } from "./judge-verdict.ts";

/** The winner as the judge counts, from 1; null when there is none. */
function winnerOf(text: string, count = 3): number | null {
  const verdict = readJudgeVerdict(text, count);
  return verdict === null ? null : verdict.winner + 1;
}

describe("JSON", () => {
  test.each([
    ['{"winner": 2, "reason": "complete"}', 2],
    ['{"winner":"3"}', 3],
    ['{"winner": "Answer 2"}', 2],
    ['{"winner": "two"}', 2],
    ['```json\n{"winner": 2, "reason": "ok"}\n```', 2],
    ['Here it is: {"winner": 3, "reason": "better than {1} and {2}"} Thanks.', 3],
    ['{"best": 1}', 1],
    ['{"selected": 2}', 2],
    ['{"reason": "say 3", "winner": 1}', 1],
    ['{"winner": 1} no, wait: {"winner": 2}', 2],
    ['{"winner": 2, "reason": "cut off in the mid', 2],
    ['{"winner": [3, 2]}', 2],
    ['{"winner": "tie"}', 1],
    ['{"winner": "tie between 2 and 3"}', 2],
    ['{"winner": "none"}', 1],
    ['{"winner": null, "reason": "equal"}', 1],
    ['{"winner": 4}', null],
    ['{"winner": 0}', null],
    ['{"winner": -1}', null],
    ['{"winner": 1.5}', null],
    ['{"winner": {}}', null],
    ['{"winner": true}', null],
    ['{"winner": "purple"}', null],
    ['{"mood": "good"}', null],
  ])("%s is %j", (text, winner) => {
    expect(winnerOf(text)).toBe(winner);
  });
});

describe("words", () => {
  test.each([
    ["Winner: 2", 2],
    ["winner - 2", 2],
    ["**Winner:** Answer 2", 2],
    ["Winner: #2\nReason: shorter than 1 and 3", 2],
    ["Best answer: 3", 3],
    ["The best answer is 2.", 2],
    ["The best one is answer 3, since 1 is wrong.", 3],
    ["The winner is two", 2],
    ["I choose answer 2 over all others.", 2],
    ["I would pick the second answer.", 2],
    ["I'd go with 3.", 3],
    ["Answer 2 wins.", 2],
    ["Answer 2 is clearly the best of the 3 answers.", 2],
    ["2 is the best.", 2],
    ["Answers 1 and 3 are wrong. My choice: 2", 2],
    ["First I thought: winner: 1. After checking: winner: 3.", 3],
    ["Verdict: 2", 2],
    ["Winner: 1. Choice 3 was weak.", 1],
    ["The winner is the one with sources, answer 3 is the best.", 3],
    ["I selected answer 2.", 2],
    ["Winner: 7", null],
    ["Winner: 0", null],
    ["Winner: -1", null],
  ])("%j is %j", (text, winner) => {
    expect(winnerOf(text)).toBe(winner);
  });
});

describe("comparisons, of which defect 24 read the wrong side", () => {
  test.each([
    ["1 is better than 3", 1],
    ["3 is better than 1.", 3],
    ["Answer 1 is much better than answer 3, and 2 is worse than 1.", 1],
    ["2 beats 1 and 3 loses to 1", 2],
    ["I prefer 2 over 1.", 2],
    ["3 is worse than 2", 2],
    ["1 > 3", 1],
    ["1 is better than 3, but 2 is better than 1.", 2],
    ["The first is better than the third", 1],
    ["1 is better than 2 and 2 is better than 1", null],
  ])("%j is %j", (text, winner) => {
    expect(winnerOf(text)).toBe(winner);
  });
});

describe("a number alone", () => {
  test.each([
    ["2", 2],
    [" 2.\n", 2],
    ["(2)", 2],
    ["#3", 3],
    ["**2**", 2],
    ["Two", 2],
    ["second", 2],
    ["The second one", 2],
    ["Answer 3", 3],
    ["answer three.", 3],
    ["2\nIt covers what 1 and 3 leave out.", 2],
    ["All of them have merits.\n\n3", 3],
    ["10", null],
    ["0", null],
    ["-1", null],
    ["1.5", null],
  ])("%j is %j", (text, winner) => {
    expect(winnerOf(text)).toBe(winner);
  });

  test("two digits are one number", () => {
    expect(winnerOf("10", 10)).toBe(10);
    expect(winnerOf("Winner: 10", 10)).toBe(10);
  });
});

describe("ties go to the lowest that is named, else to the first", () => {
  test.each([
    ["It is a tie.", 1],
    ["2 and 3 are tied.", 2],
    ["All are equally good, none is better.", 1],
  ])("%j is %j", (text, winner) => {
    expect(winnerOf(text)).toBe(winner);
  });
});

describe("nonsense is no verdict", () => {
  test.each([
    "",
    "   ",
    "Purple.",
    "I cannot judge this.",
    "There are 3 answers and all are bad.",
    "42",
    "The year 2026 was good.",
    "{{{{",
    "Winner: none of your business",
    "The winner is one of the three.",
  ])("%j", (text) => {
    expect(winnerOf(text)).toBeNull();
  });
});

test("S1d-21: the reason is the judge's own words", () => {
  expect(readJudgeVerdict('{"winner": 2, "reason": " It is complete. "}', 3)).toEqual({
    winner: 1,
    reason: "It is complete.",
  });
  expect(readJudgeVerdict("Winner: 2\nReason: It is\ncomplete.", 3)?.reason).toBe("It is\ncomplete.");
  expect(readJudgeVerdict("2\nIt is complete.", 3)?.reason).toBe("It is complete.");
  expect(readJudgeVerdict("2", 3)?.reason).toBeNull();
  expect(readJudgeVerdict("1 is better than 3", 3)?.reason).toBe("1 is better than 3");
});

test("whatever the text, the winner is one of the answers or there is none", () => {
  const fragment = fc.oneof(
    fc.string(),
    fc.constantFrom("Winner: ", "1", "2", " is better than ", "{", "}", '"winner":', "answer ", "\n", "tie"),
  );
  const texts = fc.array(fragment, { maxLength: 20 }).map((parts) => parts.join(""));
  fc.assert(
    fc.property(texts, fc.integer({ min: 1, max: 10 }), (text, count) => {
      const verdict = readJudgeVerdict(text, count);
      expect(verdict === null || (verdict.winner >= 0 && verdict.winner < count)).toBe(true);
    }),
    { numRuns: 2_000 },
  );
});

test("hostile texts are read in time", () => {
  for (const text of [
    "{".repeat(200_000),
    " ".repeat(200_000),
    "answer ".repeat(30_000),
    "1 is better than ".repeat(10_000),
  ]) {
    const startedAtMs = performance.now();
    readJudgeVerdict(text, 3);
    expect(performance.now() - startedAtMs).toBeLessThan(1_000);
  }
});
