import { TokenHubError, type CallFailure } from "@tokenhub/contracts";

/** Turns the stored failure of a request into the error its caller gets. A provider's own words go along where they help. */
export function failureToError(failure: CallFailure): TokenHubError {
  const isCallersFault = failure.class === "bad_request" || failure.class === "context_overflow";
  const detail =
    isCallersFault && failure.providerMessage !== null
      ? ` The provider said: ${failure.providerMessage}`
      : "";
  return new TokenHubError(failure.code, failure.message + detail, { retryAfterMs: failure.retryAfterMs });
}
