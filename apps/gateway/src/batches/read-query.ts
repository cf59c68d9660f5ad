import { TokenHubError } from "@tokenhub/contracts";
import type { z } from "zod";
import { describeIssue } from "../http/describe-issue.ts";

/** @throws TokenHubError `invalid_request` naming what is wrong */
export function readQuery<Value>(schema: z.ZodType<Value>, query: unknown): Value {
  const parsed = schema.safeParse(query);
  if (parsed.success) return parsed.data;
  const { path, problem } = describeIssue(parsed.error.issues[0]);
  throw new TokenHubError(
    "invalid_request",
    `The query is not valid${path === "" ? "" : `, \`${path}\``}: ${problem}.`,
    { param: path === "" ? null : path },
  );
}

/** A page of rows of which one more was read than it has. */
export function cutPage<Row extends { readonly id: string }>(rows: readonly Row[], limit: number) {
  const page = rows.slice(0, limit);
  return { page, hasMore: rows.length > limit };
}
