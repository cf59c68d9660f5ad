import type { RowVerdict } from "./judge-rows.ts";
import { readLeadingIds } from "./leading-ids.ts";
import type { RequirementRow } from "./requirement-row.ts";
import type { TestResults } from "./test-outcome.ts";

/** Everything that a title may do wrong, one sentence each: a list without its colon, an id that is no row. */
export function findTitleProblems({
  rows,
  titles,
}: {
  rows: readonly RequirementRow[];
  titles: readonly { readonly file: string; readonly title: string }[];
}): string[] {
  const known = new Set(rows.map(({ id }) => id));
  const problems = titles.flatMap(({ file, title }) => {
    const leading = readLeadingIds(title);
    if (leading.kind === "malformed") {
      return [`${file}: "${title}" begins with an id, but not with a list like "S0-3, S2-43: ".`];
    }
    const unknown = leading.kind === "ids" ? leading.ids.filter((id) => !known.has(id)) : [];
    return unknown.map((id) => `${file}: "${title}" names ${id}, which is no row.`);
  });
  return [...new Set(problems)].toSorted();
}

/** What is wrong with the rows themselves: a failing test, or a mark that should be gone. */
export function findRowProblems(verdicts: readonly RowVerdict[]): string[] {
  return verdicts.flatMap(({ row, state, tests }) => {
    if (state === "failing") {
      const failed = tests.find(({ status }) => status === "failed");
      return [`${row.id} has a failing test in ${failed?.file}: "${failed?.guarantee}".`];
    }
    return state === "proven" && row.later !== undefined
      ? [`${row.id} is proven: remove its mark "later" from scripts/requirements/rows.`]
      : [];
  });
}

/** One sentence for every row that needs a passing test and has none. */
export function findMissingRows(verdicts: readonly RowVerdict[]): string[] {
  return verdicts.flatMap(({ row, state, tests }) => {
    if (state !== "missing") return [];
    const why =
      tests.length === 0 ? "no test whose title begins with its id" : "only tests that were skipped";
    const hint = row.sameAs === undefined ? "" : `; it says the same as ${row.sameAs.join(" and ")}`;
    return [`${row.id} (${row.title}) has ${why}${hint}.`];
  });
}

/** A sentence when test files have no results: the run was not whole, or a file is in no vitest project. */
export function findFilesWithoutResults({
  testFiles,
  results,
}: {
  testFiles: readonly string[];
  results: TestResults;
}): string[] {
  const ran = new Set(results.files);
  const absent = testFiles.filter((file) => !ran.has(file));
  if (absent.length === 0) return [];
  const more = absent.length > 3 ? ` and ${absent.length - 3} more` : "";
  return [
    `The results lack ${absent.slice(0, 3).join(", ")}${more}: run the whole "npm test", or add the files to vitest.config.ts.`,
  ];
}
