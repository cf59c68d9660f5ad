import type { FailureClass } from "@tokenhub/contracts";

const effects: Readonly<Record<FailureClass, "error" | "neutral">> = {
  transient: "error",
  auth: "error",
  quota_exhausted: "error",
  fatal: "neutral",
  rate_limited: "neutral",
  context_overflow: "neutral",
  bad_request: "neutral",
  cancelled: "neutral",
  deadline: "neutral",
};

/**
 * Whether a failure speaks against the provider. What the caller caused (a bad request, an overflow, a cancelled call, a
 * deadline of the caller's own choosing) does not: one bad conversation must not take a provider away from everybody.
 * A rate limit is no sign of ill health either; it starts a cool-down instead (see `applyOutcome`). Nor is a fatal answer:
 * it is about one model or one request (a model the provider does not have, an answer that is too large), and one misnamed
 * model must not close its whole provider.
 *
 * | error                             | neutral                                                                   |
 * |-----------------------------------|---------------------------------------------------------------------------|
 * | transient, auth, quota_exhausted  | fatal, rate_limited, context_overflow, bad_request, cancelled, deadline   |
 */
export function countsAgainstHealth(failureClass: FailureClass): "error" | "neutral" {
  return effects[failureClass];
}
