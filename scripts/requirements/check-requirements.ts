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

/** The outcome of a check. It passes when there are no problems; notes are for the reader only. */
export interface RequirementsCheck {
  readonly problems: readonly string[];
  readonly notes: readonly string[];
}

/** Compares the checked-in document with what the results give, and holds rows and titles against each other. */
export function checkRequirements({
  rows,
  results,
  testFiles,
  document,
  allowMissing,
}: {
  rows: readonly RequirementRow[];
  results: TestResults;
  testFiles: readonly string[];
  document: string | null;
  allowMissing: boolean;
}): RequirementsCheck {
  const verdicts = judgeRows({ rows, outcomes: results.outcomes });
  const missing = findMissingRows(verdicts);
  const stale =
    document === renderReport(verdicts)
      ? []
      : [`docs/requirements.md is not what the results give: run "npm run requirements".`];
  const problems = [
    ...findFilesWithoutResults({ testFiles, results }),
    ...findTitleProblems({ rows, titles: results.outcomes }),
    ...findRowProblems(verdicts),
    ...(allowMissing ? [] : [...missing, ...stale]),
  ];
  return {
    problems,
    notes: allowMissing
      ? [`${missing.length} of ${rows.length} rows have no passing test yet.`, ...stale]
      : [],
  };
}
