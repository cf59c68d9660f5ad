import type { CallFailure, FailureClass } from "@tokenhub/contracts";
import { classifyStatus, parseRateLimitSnapshot, parseRetryAfter } from "@tokenhub/resilience";
import type { FailureResponse } from "../definition/provider-definition.ts";
import { failureStatus } from "./failure-status.ts";
import { readErrorBody } from "./read-error-body.ts";

const maxProviderMessageLength = 2_000;
const maxProviderCodeLength = 200;

const sentences: Readonly<Record<FailureClass, string>> = {
  context_overflow: "The request does not fit the model's context window",
  rate_limited: "The provider is limiting the rate of calls",
  transient: "The provider failed for the moment",
  auth: "The provider refused the credential",
  quota_exhausted: "The provider account has no quota or credit left",
  bad_request: "The provider rejected the request",
  fatal: "The provider answered with an error that repeating the call cannot mend",
  cancelled: "The call was cancelled",
  deadline: "The call ran out of time",
};

/**
 * Classifies an error answer of any server that speaks the OpenAI or the Anthropic format. The class and code are those
 * of `classifyStatus`; for an error inside a 200 the status is taken from the error's own code or type.
 */
export function readFailure(response: FailureResponse): CallFailure {
  const words = readErrorBody(response.bodyText);
  const status = failureStatus(response.status, words);
  const verdict = classifyStatus({ status, ...words });
  return {
    class: verdict.class,
    code: verdict.code,
    message: `${sentences[verdict.class]} (HTTP ${response.status}).`,
    providerStatus: response.status,
    providerMessage: bounded(words.message, maxProviderMessageLength),
    providerCode: bounded(words.code ?? words.type, maxProviderCodeLength),
    retryAfterMs: parseRetryAfter(response.headers, response.nowMs) ?? limitedForMs(verdict.class, response),
  };
}

/** Where a refusal for its rate has no Retry-After, the reset of what is used up says as much. */
function limitedForMs(failureClass: FailureClass, { headers, nowMs }: FailureResponse): number | null {
  if (failureClass !== "rate_limited") return null;
  const resetAtMs = parseRateLimitSnapshot(headers, nowMs)?.resetAtMs ?? null;
  return resetAtMs === null ? null : Math.max(0, resetAtMs - nowMs);
}

function bounded(text: string | null, maxLength: number): string | null {
  return text === null || text.length <= maxLength ? text : text.slice(0, maxLength);
}
