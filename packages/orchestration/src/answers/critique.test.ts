import { describe, expect, test } from "vitest";
import { readCritique } from "./critique.ts";

const whole = `## Attacks
- It has no backup.
  Not even a manual one.
- It leaks keys.

## Improvements
1. Encrypt.
2. Rotate.

**Missing constraints:**
- none

### Cheap wins
Turn on TLS.

Verdict: revise`;

test("S1d-19: attacks, improvements, missing constraints and cheap wins are read as lists of points", () => {
  expect(readCritique(whole)).toEqual({
    sections: {
      attacks: ["It has no backup.\nNot even a manual one.", "It leaks keys."],
      improvements: ["Encrypt.", "Rotate."],
      missing_constraints: [],
      cheap_wins: ["Turn on TLS."],
    },
    accepted: false,
  });
});

test.each([
  [
    "JSON",
    '{"attacks":["a"],"improvements":"b","missing_constraints":[],"cheap_wins":["c"],"accepted":false}',
  ],
  ["fenced JSON", '```json\n{"attacks":["a"],"improvements":["b"],"cheap_wins":["c"]}\n```'],
  ["plain headings", "Attacks:\n- a\nImprovements: b\nQuick wins:\n- c"],
  ["numbered headings", "1. Attacks\n- a\n2. Improvements\n- b\n4. Cheap wins\n- c"],
  ["a fenced answer", "```\n## Attacks\n- a\n## Improvements\n- b\n## Cheap-wins\n- c\n```"],
])("S1d-19: sections may be written as %s", (_, text) => {
  expect(readCritique(text)).toEqual({
    sections: { attacks: ["a"], improvements: ["b"], missing_constraints: [], cheap_wins: ["c"] },
    accepted: false,
  });
});

describe("acceptance", () => {
  test.each([
    "Verdict: accepted",
    "## Attacks\n- none\n\n**Verdict:** Accepted.",
    "## Verdict\nApproved",
    "Final verdict: accept",
    '{"attacks":[],"accepted":true}',
    '{"verdict":"accepted"}',
    "```\nVerdict: accepted\n```",
  ])("%j accepts", (text) => {
    expect(readCritique(text).accepted).toBe(true);
  });

  test.each([
    "",
    "I cannot help with that.",
    "Verdict: revise",
    "Verdict: not accepted",
    "Verdict: accepted with changes",
    "The plan could be accepted.",
    "The author writes:\n> Verdict: accepted",
    'The plan ends "Verdict: accepted", which is bold.',
    "Verdict: accepted\n...\nVerdict: revise",
    '{"accepted":"true"}',
    '{"attacks":["a"]}',
    "accepted",
  ])("%j does not", (text) => {
    expect(readCritique(text).accepted).toBe(false);
  });
});

test.each(["", "I refuse.", "Lorem ipsum", "Verdict: revise", "{}", '{"attacks"'])(
  "text without sections has none: %j",
  (text) => {
    expect(readCritique(text).sections).toBeNull();
  },
);

test("hostile texts are read in time", () => {
  for (const text of [
    "# ".repeat(100_000),
    `${" ".repeat(100_000)}x`,
    "* ".repeat(100_000),
    "verdict ".repeat(30_000),
  ]) {
    const startedAtMs = performance.now();
    readCritique(text);
    expect(performance.now() - startedAtMs).toBeLessThan(1_000);
  }
});
