import { findTitleProblems } from "./find-problems.ts";
import { judgeRows } from "./judge-rows.ts";
import { sectionOf, type RequirementRow } from "./requirement-row.ts";
import { findSourceTitles } from "./source-titles.ts";

/**
 * Lists per section the rows that no title in the sources names, as if every test passed; then what is wrong with
 * titles and marks.
 */
export function describeSource({
  rows,
  sources,
}: {
  rows: readonly RequirementRow[];
  sources: readonly { readonly file: string; readonly text: string }[];
}): string {
  const titles = sources.flatMap(({ file, text }) =>
    findSourceTitles(text).map((title) => ({ file, title, status: "passed" as const })),
  );
  const verdicts = judgeRows({ rows, outcomes: titles });
  const lines = [...Map.groupBy(verdicts, ({ row }) => sectionOf(row.id))].flatMap(([section, members]) => {
    const named = members.filter(({ tests }) => tests.length > 0);
    const missing = members.filter(({ state }) => state === "missing");
    const waiting = members.length - named.length - missing.length;
    return [
      `${section}: ${named.length} named by a test, ${waiting} later, ${missing.length} missing`,
      ...missing.map(({ row: { id, title, sameAs } }) =>
        `  ${id} ${title}${sameAs === undefined ? "" : ` (same as ${sameAs.join(", ")})`}`.trimEnd(),
      ),
    ];
  });
  const early = verdicts.filter(({ row, tests }) => row.later !== undefined && tests.length > 0);
  return [
    ...lines,
    ...findTitleProblems({ rows, titles }),
    ...early.map(({ row }) => `${row.id} is marked "later", but a test names it.`),
  ].join("\n");
}
