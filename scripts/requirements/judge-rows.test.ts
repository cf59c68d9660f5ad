import fc from "fast-check";
import { expect, test } from "vitest";
import { judgeRows, type RowState } from "./judge-rows.ts";
import type { RequirementRow } from "./requirement-row.ts";
import type { TestOutcome } from "./test-outcome.ts";

const whole: RequirementRow = { id: "S0-1", area: "tests", title: "Whole" };
const part: RequirementRow = { ...whole, laterInPart: "half is not built" };
const waiting: RequirementRow = { ...whole, later: "nothing is built" };

test.each<[statuses: TestOutcome["status"][], whole: RowState, part: RowState, later: RowState]>([
  [[], "missing", "missing", "later"],
  [["skipped"], "missing", "missing", "later"],
  [["passed"], "proven", "proven in part", "proven"],
  [["skipped", "passed"], "proven", "proven in part", "proven"],
  [["failed"], "failing", "failing", "failing"],
  [["passed", "failed", "skipped"], "failing", "failing", "failing"],
])("tests that end %j make a row %s, one in part %s, one that waits %s", (statuses, ...expected) => {
  const outcomes = statuses.map((status, index) => ({ file: "a.test.ts", title: `S0-1: ${index}`, status }));
  const states = [whole, part, waiting].map((row) => judgeRows({ rows: [row], outcomes })[0]?.state);
  expect(states).toEqual(expected);
});

test("a title with several ids proves all of their rows, and a longer id is not a shorter one", () => {
  const rows = ["S0-1", "S0-12", "S1d-1"].map((id) => ({ ...whole, id }));
  const title = "S0-12, C4, S1d-1: both";
  const verdicts = judgeRows({ rows, outcomes: [{ file: "a.test.ts", title, status: "passed" }] });
  expect(verdicts.map(({ state }) => state)).toEqual(["missing", "proven", "proven"]);
  expect(verdicts[1]?.tests).toEqual([{ file: "a.test.ts", guarantee: "both", status: "passed" }]);
});

test("the order of the results does not matter", () => {
  const outcomes: TestOutcome[] = ["b", "a", "c"].flatMap((file) =>
    [2, 1].map((number) => ({ file, title: `S0-1: ${number}`, status: "passed" as const })),
  );
  const expected = judgeRows({ rows: [whole], outcomes });
  expect(expected[0]?.tests.map(({ file, guarantee }) => file + guarantee).join()).toBe("a1,a2,b1,b2,c1,c2");
  fc.assert(
    fc.property(fc.shuffledSubarray(outcomes, { minLength: outcomes.length }), (shuffled) => {
      expect(judgeRows({ rows: [whole], outcomes: shuffled })).toEqual(expected);
    }),
  );
});
