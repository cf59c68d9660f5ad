import type { ErrorCode } from "@tokenhub/contracts";
import type { CanonicalFrame, ProviderStreamError } from "./canonical.ts";
import { objectOf, textOf, type JsonObject } from "./json-value.ts";

export const notJsonError: ProviderStreamError = {
  message: "The provider sent a stream event that is no JSON object.",
  code: null,
  type: null,
};
export const notJsonFrame: CanonicalFrame = { type: "error", error: notJsonError };

/** OpenAI: a data object with `error`, or an event named `error`; null for an ordinary chunk. */
export function readOpenAiError(chunk: JsonObject, eventName: string | null): ProviderStreamError | null {
  const error = chunk["error"];
  if (error === undefined || error === null) return eventName === "error" ? readError(chunk) : null;
  return typeof error === "string" ? { message: error, code: null, type: null } : readError(objectOf(error));
}

/** Anthropic: an event of type `error`; null for an ordinary event. */
export function readAnthropicError(event: JsonObject): ProviderStreamError | null {
  return event["type"] === "error" ? readError(objectOf(event["error"])) : null;
}

function readError(error: JsonObject | null): ProviderStreamError {
  const code = error?.["code"];
  return {
    message: textOf(error?.["message"]) ?? "The provider reported an error.",
    code: typeof code === "number" ? String(code) : textOf(code),
    type: textOf(error?.["type"]),
  };
}

const codesByWord: ReadonlyMap<string, ErrorCode> = new Map([
  ["overloaded_error", "provider_unavailable"],
  ["server_overloaded", "provider_unavailable"],
  ["503", "provider_unavailable"],
  ["rate_limit_error", "provider_rate_limited"],
  ["rate_limit_exceeded", "provider_rate_limited"],
  ["429", "provider_rate_limited"],
  ["insufficient_quota", "provider_quota_exhausted"],
  ["billing_error", "provider_quota_exhausted"],
  ["context_length_exceeded", "context_length_exceeded"],
  ["invalid_request_error", "provider_bad_request"],
  ["400", "provider_bad_request"],
  ["authentication_error", "provider_auth_failed"],
  ["permission_error", "provider_auth_failed"],
  ["401", "provider_auth_failed"],
  ["timeout_error", "provider_timeout"],
]);

/** Our code for a provider's error inside a stream; the telling word may be in `code` or in `type`. */
export function streamErrorCode(error: ProviderStreamError): ErrorCode {
  return codesByWord.get(error.code ?? "") ?? codesByWord.get(error.type ?? "") ?? "provider_error";
}
