import { readLeadingIds } from "./leading-ids.ts";
import type { RequirementRow } from "./requirement-row.ts";
import type { TestOutcome } from "./test-outcome.ts";

export type RowState = "failing" | "later" | "missing" | "proven" | "proven in part";

/** A row, the tests that name it, and what they amount to. */
export interface RowVerdict {
  readonly row: RequirementRow;
  readonly state: RowState;
  readonly tests: readonly RowTest[];
}

/** A test that names the row. `guarantee` is its title without the ids. */
export interface RowTest {
  readonly file: string;
  readonly guarantee: string;
  readonly status: TestOutcome["status"];
}

/**
 * Gives every row its state, in the order of the rows.
 *
 * | tests that name the row   | whole row now | a part later   | all of it later |
 * | ------------------------- | ------------- | -------------- | --------------- |
 * | one failed                | failing       | failing        | failing         |
 * | one passed, none failed   | proven        | proven in part | proven          |
 * | none, or all were skipped | missing       | missing        | later           |
 */
export function judgeRows({
  rows,
  outcomes,
}: {
  rows: readonly RequirementRow[];
  outcomes: readonly TestOutcome[];
}): RowVerdict[] {
  const testsById = testsByRowId(outcomes);
  return rows.map((row) => {
    const tests = (testsById.get(row.id) ?? []).toSorted(compareTests);
    return { row, state: stateOf({ row, tests }), tests };
  });
}

function testsByRowId(outcomes: readonly TestOutcome[]): Map<string, RowTest[]> {
  const testsById = new Map<string, RowTest[]>();
  for (const { file, title, status } of outcomes) {
    const leading = readLeadingIds(title);
    if (leading.kind !== "ids") continue;
    const { ids, guarantee } = leading;
    for (const id of ids) testsById.set(id, [...(testsById.get(id) ?? []), { file, guarantee, status }]);
  }
  return testsById;
}

function stateOf({ row, tests }: { row: RequirementRow; tests: readonly RowTest[] }): RowState {
  const ended = new Set(tests.map(({ status }) => status));
  if (ended.has("failed")) return "failing";
  if (ended.has("passed")) return row.laterInPart === undefined ? "proven" : "proven in part";
  return row.later === undefined ? "missing" : "later";
}

// By code units, not by locale: the report must be the same on every machine.
function compareTests(left: RowTest, right: RowTest): number {
  const [a, b] = [left, right].map(({ file, guarantee, status }) => [file, guarantee, status].join("\0"));
  if (a === undefined || b === undefined || a === b) return 0;
  return a < b ? -1 : 1;
}
