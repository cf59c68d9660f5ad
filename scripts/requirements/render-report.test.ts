import { expect, test } from "vitest";
import { judgeRows } from "./judge-rows.ts";
import { renderReport } from "./render-report.ts";
import type { RequirementRow } from "./requirement-row.ts";
import type { TestOutcome } from "./test-outcome.ts";

const rows: RequirementRow[] = [
  { id: "S0-1", area: "routing", title: "Chooses" },
  { id: "S0-2", area: "vault", title: "models[].name" },
  { id: "S1d-1", area: "chat", title: "Waits", later: "not built" },
  { id: "S1d-2", area: "chat", title: "Half", laterInPart: "not built", sameAs: ["S0-1", "S0-2"] },
];

function linesOf(outcomes: readonly TestOutcome[]): string[] {
  return renderReport(judgeRows({ rows, outcomes })).split("\n");
}

function passed(title: string): TestOutcome {
  return { file: "test/chat/a.test.ts", title, status: "passed" };
}

test("the summary counts the states by section and for all", () => {
  const lines = linesOf([
    passed("S0-1, S1d-2: does"),
    { file: "b.test.ts", title: "S0-2: fails", status: "failed" },
  ]);
  expect(lines).toContain("| section | rows | proven | proven in part | later | missing | failing |");
  expect(lines).toContain("| S0 | 2 | 1 | 0 | 0 | 0 | 1 |");
  expect(lines).toContain("| S1d | 2 | 0 | 1 | 1 | 0 | 0 |");
  expect(lines).toContain("| all | 4 | 1 | 1 | 1 | 0 | 1 |");
});

test("a row shows its promise, its state with the reason, and the tests with links", () => {
  const lines = linesOf([passed("S0-1, S1d-2: does it")]);
  const link = "does it ([a.test.ts](../test/chat/a.test.ts))";
  expect(lines).toContain(`| S0-1 | routing | Chooses | proven | ${link} |`);
  expect(lines).toContain(String.raw`| S0-2 | vault | models\[\].name | missing |  |`);
  expect(lines).toContain("| S1d-1 | chat | Waits | later: not built |  |");
  expect(lines).toContain(
    `| S1d-2 | chat | Half (same as S0-1, S0-2) | proven in part (the rest later: not built) | ${link} |`,
  );
});

test("a row that waits in part is missing until its other part is proven", () => {
  expect(linesOf([])).toContain(
    "| S1d-2 | chat | Half (same as S0-1, S0-2) | missing (the rest later: not built) |  |",
  );
});

test("a failing row shows the tests that failed, and those only", () => {
  const failed: TestOutcome = { file: "b.test.ts", title: "S0-1: breaks", status: "failed" };
  expect(linesOf([passed("S0-1: does it"), failed])).toContain(
    "| S0-1 | routing | Chooses | failing | breaks ([b.test.ts](../b.test.ts)) |",
  );
});

test("a skipped test shows as such only where nothing else proves the row", () => {
  const skipped: TestOutcome = { file: "b.test.ts", title: "S0-1: needs a tool", status: "skipped" };
  const shown = "needs a tool ([b.test.ts](../b.test.ts))";
  expect(linesOf([skipped])).toContain(`| S0-1 | routing | Chooses | missing | skipped: ${shown} |`);
  expect(linesOf([skipped, passed("S0-1: z")])).toEqual(
    linesOf([{ ...skipped, status: "passed" }, passed("S0-1: z")]),
  );
});

test("of many tests three are shown and the others counted", () => {
  const line = linesOf([1, 2, 3, 4, 5].map((number) => passed(`S0-1: case ${number}`))).find((text) =>
    text.startsWith("| S0-1 "),
  );
  expect(line?.match(/case \d/g)).toEqual(["case 1", "case 2", "case 3"]);
  expect(line).toMatch(/<br>and 2 more \|$/);
});

test("no title breaks out of its cell or becomes markup", () => {
  const [line] = linesOf([passed("S0-1: a | b\n<b> *c* `d` e_f _g_ __h\u2028&lt;")]).filter((text) =>
    text.startsWith("| S0-1 "),
  );
  expect(line).toContain(String.raw`a \| b &lt;b> \*c\* \`d\` e_f \_g\_ \_\_h &amp;lt; ([`);
});
