import type { ErrorCode } from "@tokenhub/contracts";
import type { StreamFailure } from "../wire-format.ts";

/** `error` of a failed response. The vendor's list of codes is closed: what is not on it is a `server_error`. */
export interface ResponseError {
  readonly code: "server_error" | "rate_limit_exceeded" | "invalid_prompt";
  readonly message: string;
}

const codes: ReadonlyMap<ErrorCode, ResponseError["code"]> = new Map([
  ["rate_limited", "rate_limit_exceeded"],
  ["budget_exceeded", "rate_limit_exceeded"],
  ["provider_rate_limited", "rate_limit_exceeded"],
  ["provider_quota_exhausted", "rate_limit_exceeded"],
  ["invalid_request", "invalid_prompt"],
  ["invalid_directive", "invalid_prompt"],
  ["provider_bad_request", "invalid_prompt"],
  ["context_length_exceeded", "invalid_prompt"],
]);

/** The error of a response that failed; the whole story is in its message. */
export function responseErrorOf({ code, message }: StreamFailure): ResponseError {
  return { code: codes.get(code) ?? "server_error", message };
}
