import {
  findFilesWithoutResults,
  findMissingRows,
  findRowProblems,
  findTitleProblems,
} from "./find-problems.ts";
import { judgeRows } from "./judge-rows.ts";
import { renderReport } from "./render-report.ts";
import type { RequirementRow } from "./requirement-row.ts";
import type { TestResults } from "./test-outcome.ts";

/** Compares the checked-in document with what the results give, and holds rows and titles against each other. Gives problems. */
export function checkRequirements({
  rows,
  results,
  testFiles,
  document,
}: {
  rows: readonly RequirementRow[];
  results: TestResults;
  testFiles: readonly string[];
  document: string | null;
}): string[] {
  const verdicts = judgeRows({ rows, outcomes: results.outcomes });
  return [
    ...findFilesWithoutResults({ testFiles, results }),
    ...findTitleProblems({ rows, titles: results.outcomes }),
    ...findRowProblems(verdicts),
    ...findMissingRows(verdicts),
    ...(document === renderReport(verdicts)
      ? []
      : [`docs/requirements.md is not what the results give: run "npm run requirements".`]),
  ];
}
