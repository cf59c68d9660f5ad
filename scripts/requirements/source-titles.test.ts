import { expect, test } from "vitest";
import { describeSource } from "./describe-source.ts";
import type { RequirementRow } from "./requirement-row.ts";
import { findSourceTitles } from "./source-titles.ts";

test.each<[source: string, titles: string[]]>([
  [`test("S0-1: a", () => {});`, ["S0-1: a"]],
  [`it.each([[1]])("S0-1, S1d-2: weight %d", () => {});`, ["S0-1, S1d-2: weight %d"]],
  [`test.skipIf(isRoot)(\n  "C4, S0-1: wrapped",\n  () => {});`, ["C4, S0-1: wrapped"]],
  ["test(`S0-1: ${name} works`, () => {});", ["S0-1: ${name} works"]],
  [`test("S0-1: says \\"no\\" and goes on", () => {});`, [String.raw`S0-1: says \"no\" and goes on`]],
  [`test.each([["S0-1: a case", 1], ['S0-2: another', 2]])("%s", f);`, ["S0-1: a case", "S0-2: another"]],
  [`describe("b", () => { const cases = [{ title: "S0-1: x" }]; });`, ["S0-1: x"]],
  [`describe("S0-1: a block", () => { it("works", f); });`, []],
  [`describe.each([1])("S0-1: a block", () => {});`, []],
  [`describe("S0-1: b", () => { it("S0-2: leaf", f); });`, ["S0-2: leaf"]],
  [`test("S0-1 without colon", f);`, ["S0-1 without colon"]],
  [`const id = "S0-1"; expect(id).toBe("S0-12");`, []],
  [`test("proves S0-1: inside", f); test("C4: a decision", f);`, []],
  ["", []],
])("%j has the titles %j", (source, titles) => {
  expect(findSourceTitles(source)).toEqual(titles);
});

test("the description lists rows without a title, marks that are too old and slips", () => {
  const rows: RequirementRow[] = [
    { id: "S0-1", area: "chat", title: "Named" },
    { id: "S0-2", area: "chat", title: "Forgotten", sameAs: ["S0-1"] },
    { id: "S1-1", area: "chat", title: "Waits", later: "not built" },
    { id: "S1-2", area: "chat", title: "Came early", later: "not built" },
  ];
  const text = `test("S0-1, S1-2: a", f); test("S0-7: b", f);`;
  expect(describeSource({ rows, sources: [{ file: "a.test.ts", text }] }).split("\n")).toEqual([
    "S0: 1 named by a test, 0 later, 1 missing",
    "  S0-2 Forgotten (same as S0-1)",
    "S1: 1 named by a test, 1 later, 0 missing",
    `a.test.ts: "S0-7: b" names S0-7, which is no row.`,
    `S1-2 is marked "later", but a test names it.`,
  ]);
});
