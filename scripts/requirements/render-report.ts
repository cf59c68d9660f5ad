import path from "node:path";
import type { RowState, RowTest, RowVerdict } from "./judge-rows.ts";
import { sectionOf } from "./requirement-row.ts";

const states: readonly RowState[] = ["proven", "proven in part", "later", "missing", "failing"];
const testsShownPerRow = 3;
const reportFolder = "docs";

const introduction = `# Requirements

Every promise that this product makes has a numbered row here. A row counts as proven when a test whose title begins with
its id has passed and none has failed; one test may carry several ids (\`S0-3, S2-43: ...\`).

Written by \`npm run requirements\` from the results of the last whole \`npm test\`: do not edit. The rows are in
\`scripts/requirements/rows/\`; \`npm run requirements -- --from-source\` shows without a run which rows no test names.`;

/** The report as Markdown: a summary, then per section one line per row. The same verdicts give the same text. */
export function renderReport(verdicts: readonly RowVerdict[]): string {
  const sections = Map.groupBy(verdicts, ({ row }) => sectionOf(row.id));
  const blocks = [
    introduction,
    "## Summary",
    renderSummary(sections),
    ...[...sections].flatMap(([section, members]) => [`## ${section}`, renderSection(members)]),
  ];
  return `${blocks.join("\n\n")}\n`;
}

function renderSummary(sections: ReadonlyMap<string, readonly RowVerdict[]>): string {
  const counted = [...sections, ["all", [...sections.values()].flat()] as const];
  const lines = counted.map(([section, members]) => [
    section,
    String(members.length),
    ...states.map((state) => String(members.filter((verdict) => verdict.state === state).length)),
  ]);
  return renderTable({ head: ["section", "rows", ...states], lines });
}

function renderSection(verdicts: readonly RowVerdict[]): string {
  const lines = verdicts.map(({ row, state, tests }) => {
    return [
      row.id,
      row.area,
      escapeCell(row.title) + (row.sameAs === undefined ? "" : ` (same as ${row.sameAs.join(", ")})`),
      describeState({ row, state }),
      renderTests({ state, tests }),
    ];
  });
  return renderTable({ head: ["row", "area", "promise", "state", "tests"], lines });
}

function describeState({ row, state }: Pick<RowVerdict, "row" | "state">): string {
  if (row.laterInPart !== undefined) return `${state} (the rest later: ${row.laterInPart})`;
  return state === "later" ? `later: ${row.later}` : state;
}

function renderTests({ state, tests }: { state: RowState; tests: readonly RowTest[] }): string {
  const decisive = tests.filter(({ status }) => state !== "failing" || status === "failed");
  const shown = decisive.slice(0, testsShownPerRow).map(({ file, guarantee, status }) => {
    // A test that is skipped on one machine only must not change the line of a row that others prove.
    const note = state === "missing" && status === "skipped" ? "skipped: " : "";
    return `${note}${escapeCell(guarantee)} ([${path.basename(file)}](${path.relative(reportFolder, file)}))`;
  });
  const hidden = decisive.length - shown.length;
  return [...shown, ...(hidden > 0 ? [`and ${hidden} more`] : [])].join("<br>");
}

// Unaligned, so that one long title does not rewrite every line of its table.
function renderTable({ head, lines }: { head: readonly string[]; lines: readonly string[][] }): string {
  const rows = [head, head.map(() => "---"), ...lines].map((cells) => `| ${cells.join(" | ")} |`);
  return ["<!-- oxfmt-ignore -->", ...rows].join("\n");
}

// An underscore inside a word means nothing in Markdown, and names of variables stay readable without a backslash.
function escapeCell(text: string): string {
  return text
    .replaceAll(/[\\`*[\]|~]|(?<![^\W_])_|_(?![^\W_])/g, String.raw`\$&`)
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, " ")
    .trim();
}
