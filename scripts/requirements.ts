import { existsSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { checkRequirements } from "./requirements/check-requirements.ts";
import { describeSource } from "./requirements/describe-source.ts";
import { findFilesWithoutResults, findMissingRows, findTitleProblems } from "./requirements/find-problems.ts";
import { findTestFiles } from "./requirements/find-test-files.ts";
import { judgeRows } from "./requirements/judge-rows.ts";
import { renderReport } from "./requirements/render-report.ts";
import { parseRequirementsCommand, usage } from "./requirements/requirements-command.ts";
import { requirementRows as rows } from "./requirements/rows.ts";
import { parseTestResults, type TestResults } from "./requirements/test-outcome.ts";

const root = path.dirname(import.meta.dirname);
const resultsPath = path.join(root, ".cache/test-results.json");
const documentPath = path.join(root, "docs/requirements.md");

try {
  process.exitCode = runCommand();
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}

function runCommand(): number {
  switch (readCommand()) {
    case "from-source":
      return showSources();
    case "check":
      return check();
    case "write":
      return write();
  }
}

function readCommand(): ReturnType<typeof parseRequirementsCommand> {
  try {
    return parseRequirementsCommand(process.argv.slice(2));
  } catch (error) {
    throw new Error(`${error instanceof Error ? error.message : String(error)}\n\n${usage}`, {
      cause: error,
    });
  }
}

function showSources(): number {
  // The tests of this command are full of sample titles.
  const files = findTestFiles(root).filter((file) => !file.startsWith("scripts/requirements/"));
  const sources = files.map((file) => ({ file, text: readFileSync(path.join(root, file), "utf8") }));
  process.stdout.write(`${describeSource({ rows, sources })}\n`);
  return 0;
}

function check(): number {
  const problems = checkRequirements({
    rows,
    results: readResults(),
    testFiles: findTestFiles(root),
    document: existsSync(documentPath) ? readFileSync(documentPath, "utf8") : null,
  });
  process.stderr.write(problems.map((problem) => `requirements: ${problem}\n`).join(""));
  return problems.length === 0 ? 0 : 1;
}

function write(): number {
  const results = readResults();
  const verdicts = judgeRows({ rows, outcomes: results.outcomes });
  writeFileSync(documentPath, renderReport(verdicts));
  const warnings = [
    ...findFilesWithoutResults({ testFiles: findTestFiles(root), results }),
    ...findTitleProblems({ rows, titles: results.outcomes }),
  ];
  process.stderr.write(warnings.map((warning) => `requirements: ${warning}\n`).join(""));
  const missing = findMissingRows(verdicts).length;
  process.stdout.write(`requirements: docs/requirements.md is written, ${missing} rows are missing.\n`);
  return 0;
}

function readResults(): TestResults {
  if (!existsSync(resultsPath)) {
    throw new Error(`requirements: there is no .cache/test-results.json: run the whole "npm test" first.`);
  }
  return parseTestResults(readFileSync(resultsPath, "utf8"), { root });
}
