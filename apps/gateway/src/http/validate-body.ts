import { TokenHubError, type ErrorCode } from "@tokenhub/contracts";
import type { z } from "zod";
import { describeIssue } from "./describe-issue.ts";
import { firstIssue } from "./first-issue.ts";

/** Issues whose message names the code to answer with; see `messages` in the request schemas. */
const codedMessages: Record<string, ErrorCode> = { empty_messages: "empty_messages" };

/** Checks a body against its contract. @throws TokenHubError with the path of the first fault and what is expected there. */
export function validateBody(schema: z.ZodType, body: Record<string, unknown>): void {
  const issue = firstIssue(schema, body);
  if (issue === undefined) return;
  const { path, problem } = describeIssue(issue);
  const code = codedMessages[issue.message] ?? "invalid_request";
  if (code === "empty_messages") {
    throw new TokenHubError(code, "`messages` is empty. Send at least one message.", { param: "messages" });
  }
  throw new TokenHubError(code, `${path === "" ? "The body" : `\`${path}\``} is not valid: ${problem}.`, {
    param: path === "" ? null : path,
  });
}
