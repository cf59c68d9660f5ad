import { expect, test } from "vitest";
import { readPlannerSections } from "./planner-sections.ts";

test("S1d-19: a plan's sections are read from headings, in any order, with what stands before them", () => {
  const text =
    "Gladly.\n\n## Risks\n- rain\n\n## Plan\n1. dig\n2. build\n\n## Assumptions\nDry ground.\n\nEnough money.";
  expect(readPlannerSections(text)).toEqual({
    plan: "Gladly.\n\n1. dig\n2. build",
    assumptions: ["Dry ground.", "Enough money."],
    risks: ["rain"],
  });
});

test("S1d-19: a plan in JSON has its sections too", () => {
  const text = '{"plan":["dig","build"],"assumptions":["dry ground"],"risks":"rain"}';
  expect(readPlannerSections(text)).toEqual({
    plan: "dig\nbuild",
    assumptions: ["dry ground"],
    risks: ["rain"],
  });
});

test.each([
  "Just do it.",
  "Risks are everywhere.\nThe plan is simple.",
  "## Deployment plan\nShip it.",
  '{"steps": 3}',
  "```\n## Risks\n```\nis how to write a heading",
  "",
])("text without sections is all plan: %j", (text) => {
  expect(readPlannerSections(text)).toEqual({ plan: text, assumptions: [], risks: [] });
});

test("nested points belong to the point above them", () => {
  const { risks } = readPlannerSections("## Risks\n- rain\n  - a lot\n  - at night\n* wind");
  expect(risks).toEqual(["rain\n- a lot\n- at night", "wind"]);
});
