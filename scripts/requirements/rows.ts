import type { RequirementRow } from "./requirement-row.ts";
import { s0Rows } from "./rows/s0.ts";
import { s1Rows } from "./rows/s1.ts";
import { s1dRows } from "./rows/s1d.ts";
import { s2Rows } from "./rows/s2.ts";
import { s3Rows } from "./rows/s3.ts";
import { s4Rows } from "./rows/s4.ts";

/** Every promise that needs a passing test whose title begins with its id, in the order of the ids. */
export const requirementRows: readonly RequirementRow[] = [
  ...s0Rows,
  ...s1Rows,
  ...s1dRows,
  ...s2Rows,
  ...s3Rows,
  ...s4Rows,
];
