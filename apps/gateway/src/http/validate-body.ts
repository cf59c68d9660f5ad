import { TokenHubError, type ErrorCode } from "@tokenhub/contracts";
import type { z } from "zod";
import { describeIssue } from "./describe-issue.ts";

/** Issues whose message names the code to answer with; see `messages` in the request schemas. */
const codedMessages: Record<string, ErrorCode> = { empty_messages: "empty_messages" };

/** Checks a body against its contract. @throws TokenHubError with the path of the first fault and what is expected there. */
export function validateBody(schema: z.ZodType, body: Record<string, unknown>): void {
  const parsed = schema.safeParse(body);
  if (parsed.success) return;
  const issue = deepest(parsed.error.issues);
  const { path, problem } = describeIssue(issue);
  const code = codedMessages[issue?.message ?? ""] ?? "invalid_request";
  if (code === "empty_messages") {
    throw new TokenHubError(code, "`messages` is empty. Send at least one message.", { param: "messages" });
  }
  throw new TokenHubError(
    code,
    `${path === "" ? "The body" : `\`${path}\``} is not valid: ${problem}.`,
    { param: path === "" ? null : path },
  );
}

/** A union reports "no variant fits"; the variant that got furthest names the real fault. */
function deepest(issues: readonly z.core.$ZodIssue[]): z.core.$ZodIssue | undefined {
  const first = issues[0];
  if (first?.code !== "invalid_union") return first;
  const candidates = first.errors.map((branch) => deepest(branch)).filter((issue) => issue !== undefined);
  const best = candidates.toSorted((a, b) => b.path.length - a.path.length)[0];
  return best === undefined || best.path.length === 0
    ? first
    : { ...best, path: [...first.path, ...best.path] };
}
