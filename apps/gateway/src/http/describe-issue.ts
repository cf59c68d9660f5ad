import type { z } from "zod";

const longestNameShown = 64;
const longestPathShown = 200;
const longestProblemShown = 300;

/** Where a fault lies, as a dotted path, and what is wrong there; short whatever member names the caller invented. */
export function describeIssue(issue: z.core.$ZodIssue | undefined): { path: string; problem: string } {
  const names = issue?.path.map((name) => shortened(String(name), longestNameShown)) ?? [];
  return {
    path: shortened(names.join("."), longestPathShown),
    problem: shortened(issue?.message ?? "unknown fault", longestProblemShown),
  };
}

function shortened(text: string, maxLength: number): string {
  return text.length <= maxLength ? text : `${text.slice(0, maxLength - 3)}...`;
}
