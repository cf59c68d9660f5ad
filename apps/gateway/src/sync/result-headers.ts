import type { RequestResult, StreamHead } from "@tokenhub/contracts";
import type { ServerResponse } from "node:http";

/** Longest value of `x-tokenhub-warnings`; proxies refuse very long headers. */
const maxWarningsLength = 2_000;

/** Tells the caller who answered and why, before the first byte of the answer. */
export function setAnswerHeaders(
  response: ServerResponse,
  answer: Pick<StreamHead, "modelId" | "providerId" | "reason" | "attempts" | "warnings">,
): void {
  response.setHeader("x-tokenhub-model", headerSafe(answer.modelId));
  response.setHeader("x-tokenhub-provider", headerSafe(answer.providerId));
  response.setHeader("x-tokenhub-reason", headerSafe(answer.reason));
  response.setHeader("x-tokenhub-attempts", String(answer.attempts));
  if (answer.warnings.length > 0)
    response.setHeader(
      "x-tokenhub-warnings",
      headerSafe(answer.warnings.join("; ").slice(0, maxWarningsLength)),
    );
}

/** The same for a whole result, as far as a model was chosen. */
export function setResultHeaders(response: ServerResponse, result: RequestResult): void {
  const attempts = result.attempts.filter(({ called }) => called).length;
  // An orchestration has said already how many calls it made.
  if (!response.hasHeader("x-tokenhub-attempts")) response.setHeader("x-tokenhub-attempts", String(attempts));
  if (result.decision === null) return;
  const { chosen, reason } = result.decision;
  setAnswerHeaders(response, {
    ...chosen,
    reason,
    attempts,
    warnings: result.warnings,
  });
}

/** Header values are Latin-1 without control characters; anything else becomes `?`. */
function headerSafe(text: string): string {
  return text.replaceAll(/[^\x20-\x7e]/g, "?");
}
