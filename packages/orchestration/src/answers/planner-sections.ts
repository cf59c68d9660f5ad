import { jsonObjectsIn } from "./json-in-text.ts";
import { listIn } from "./list-in.ts";
import { pointsOf, splitSections } from "./text-sections.ts";

/** A planner's answer in its parts. */
export interface PlannerSections {
  readonly plan: string;
  readonly assumptions: readonly string[];
  readonly risks: readonly string[];
}

const names = {
  plan: ["plan", "the plan", "proposed plan", "detailed plan", "steps"],
  assumptions: ["assumption", "assumptions", "key assumptions"],
  risks: ["risk", "risks", "key risks", "risks and mitigations", "risks & mitigations"],
} as const;

/** Reads the sections of a planner's answer, as headings or as one JSON object. Text without any is all plan. */
export function readPlannerSections(text: string): { plan: string; assumptions: string[]; risks: string[] } {
  return readJson(text) ?? readHeadings(text) ?? { plan: text.trim(), assumptions: [], risks: [] };
}

function readJson(text: string): { plan: string; assumptions: string[]; risks: string[] } | null {
  if (!/^\s*(?:```\w*\s*)?\{/.test(text)) return null;
  const [object] = jsonObjectsIn(text);
  const plan = object?.["plan"];
  if (object === undefined || plan === undefined) return null;
  return {
    plan: typeof plan === "string" ? plan : listIn(plan).join("\n"),
    assumptions: listIn(object["assumptions"]),
    risks: listIn(object["risks"]),
  };
}

function readHeadings(text: string): { plan: string; assumptions: string[]; risks: string[] } | null {
  const split = splitSections(text, names);
  if (split === null) return null;
  const { before, sections } = split;
  const plan = [before, sections.plan ?? ""].filter((part) => part !== "").join("\n\n");
  return { plan, assumptions: pointsOf(sections.assumptions), risks: pointsOf(sections.risks) };
}
