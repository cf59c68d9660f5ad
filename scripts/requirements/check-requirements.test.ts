import { expect, test } from "vitest";
import { checkRequirements } from "./check-requirements.ts";
import { judgeRows } from "./judge-rows.ts";
import { renderReport } from "./render-report.ts";
import type { RequirementRow } from "./requirement-row.ts";
import type { TestOutcome } from "./test-outcome.ts";

const rows: RequirementRow[] = [
  { id: "S0-1", area: "routing", title: "Chooses" },
  { id: "S0-2", area: "routing", title: "Chooses too", sameAs: ["S0-1"] },
  { id: "S0-3", area: "chat", title: "Waits", later: "not built" },
];
const file = "a.test.ts";
const proof: TestOutcome = { file, title: "S0-1, S0-2: chooses", status: "passed" };

function check({
  outcomes = [proof],
  testFiles = [file],
  document = renderReport(judgeRows({ rows, outcomes })),
}: {
  outcomes?: readonly TestOutcome[];
  testFiles?: readonly string[];
  document?: string | null;
}): ReturnType<typeof checkRequirements> {
  return checkRequirements({ rows, results: { files: [file], outcomes }, testFiles, document });
}

test("nothing is wrong with a current document, proven rows and rows that wait", () => {
  expect(check({})).toEqual([]);
});

test.each<[what: string, problem: RegExp, input: Parameters<typeof check>[0]]>([
  ["no document", /docs\/requirements\.md is not what the results give/, { document: null }],
  ["an older document", /docs\/requirements\.md is not what/, { document: "# Requirements\n" }],
  ["a test file without results", /lack new\.test\.ts: run the whole/, { testFiles: [file, "new.test.ts"] }],
  [
    "an id that is no row",
    /^a\.test\.ts: "S0-4: x" names S0-4, which is no row\.$/,
    { outcomes: [proof, { file, title: "S0-4: x", status: "passed" }] },
  ],
  [
    "an id that is no row in a test that was skipped",
    /names S7-1, which is no row/,
    { outcomes: [proof, { file, title: "S7-1: x", status: "skipped" }] },
  ],
  [
    "a list without its colon",
    /"S0-1 chooses" begins with an id, but not with a list/,
    { outcomes: [proof, { file, title: "S0-1 chooses", status: "passed" }] },
  ],
  [
    "a row that waits and is proven",
    /^S0-3 is proven: remove its mark "later"/,
    { outcomes: [proof, { file, title: "S0-3: works", status: "passed" }] },
  ],
  [
    "a failing test beside a passing one",
    /^S0-1 has a failing test in a\.test\.ts: "breaks"\.$/,
    { outcomes: [proof, { file, title: "S0-1: breaks", status: "failed" }] },
  ],
  [
    "a row without a test",
    /^S0-2 \(Chooses too\) has no test whose title begins with its id; it says the same as S0-1\.$/,
    { outcomes: [{ ...proof, title: "S0-1: chooses" }] },
  ],
  [
    "a row whose test was skipped",
    /^S0-2 \(Chooses too\) has only tests that were skipped;/,
    {
      outcomes: [
        { ...proof, title: "S0-1: chooses" },
        { file, title: "S0-2: tool", status: "skipped" },
      ],
    },
  ],
])("%s is one problem", (_what, problem, input) => {
  const problems = check(input);
  expect(problems).toHaveLength(1);
  expect(problems[0]).toMatch(problem);
});

test("rows without tests are a problem each", () => {
  expect(check({ outcomes: [] })).toHaveLength(2);
});

test("the same slip in many cases of one test is told once", () => {
  const slip: TestOutcome = { file, title: "S0-9: x", status: "passed" };
  expect(check({ outcomes: [proof, slip, slip] })).toHaveLength(1);
});

test("of many files without results three are named", () => {
  const testFiles = ["b", "c", "d", "e", "f"];
  expect(check({ testFiles })).toEqual([expect.stringMatching(/lack b, c, d and 2 more: /)]);
});
