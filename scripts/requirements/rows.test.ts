import { expect, test } from "vitest";
import { sectionOf } from "./requirement-row.ts";
import { requirementRows } from "./rows.ts";

const rowsById = new Map(requirementRows.map((row) => [row.id, row]));

test.each([
  { section: "S0", count: 51 },
  { section: "S1", count: 63 },
  { section: "S1d", count: 39 },
  { section: "S2", count: 78 },
  { section: "S3", count: 97 },
  { section: "S4", count: 49 },
])("section $section has its $count rows, numbered without a gap", ({ section, count }) => {
  const ids = requirementRows.map(({ id }) => id).filter((id) => sectionOf(id) === section);
  expect(ids).toEqual(Array.from({ length: count }, (_, index) => `${section}-${index + 1}`));
});

test("there are 377 rows, and no row outside the six sections", () => {
  expect(requirementRows).toHaveLength(377);
  expect([...new Set(requirementRows.map(({ id }) => sectionOf(id)))]).toEqual([
    "S0",
    "S1",
    "S1d",
    "S2",
    "S3",
    "S4",
  ]);
});

test("every title says something in at most ten words", () => {
  const words = requirementRows.map(({ id, title }) => ({ id, count: title.split(/\s+/).length }));
  expect(words.filter(({ count }) => count === 0 || count > 10)).toEqual([]);
  expect(requirementRows.filter(({ title }) => title.trim() !== title || title === "")).toEqual([]);
});

test("a row waits as a whole or in part, and says why", () => {
  const reasons = requirementRows.flatMap(({ later, laterInPart }) => [[later, laterInPart]]);
  for (const [later, laterInPart] of reasons) {
    expect(later === undefined || laterInPart === undefined).toBe(true);
    expect(later ?? laterInPart ?? "none").not.toBe("");
  }
});

test("a row that says the same as others waits as far as they wait", () => {
  for (const { id, sameAs, later, laterInPart } of requirementRows) {
    if (sameAs === undefined) continue;
    const others = sameAs.map((other) => rowsById.get(other));
    expect([id, others.includes(undefined), sameAs.includes(id)]).toEqual([id, false, false]);
    const waiting = others.filter((other) => other?.later !== undefined).length;
    expect([id, later !== undefined]).toEqual([id, waiting === others.length]);
    expect([id, laterInPart !== undefined]).toEqual([id, waiting > 0 && waiting < others.length]);
  }
});
