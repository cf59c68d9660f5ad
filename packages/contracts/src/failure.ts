import { z } from "zod";
import { errorCodeSchema } from "./error-table.ts";

/**
 * Why a provider call did not give an answer. Each class has exactly one documented reaction
 * (see `decideRecovery` in `@tokenhub/resilience`).
 */
export const failureClassSchema = z.enum([
  "context_overflow",
  "rate_limited",
  "transient",
  "auth",
  "quota_exhausted",
  "bad_request",
  "fatal",
  "cancelled",
  "deadline",
]);
export type FailureClass = z.infer<typeof failureClassSchema>;

/** A classified failure of one call, safe to store and to show: `message` never holds a secret, a prompt or a raw provider body. */
export const callFailureSchema = z.object({
  class: failureClassSchema,
  code: errorCodeSchema,
  message: z.string(),
  /** HTTP status the provider answered with; null when there was no answer. */
  providerStatus: z.number().int().nullable(),
  /** The provider's own error message, at most 2,000 characters, kept apart because it may quote the caller's input. */
  providerMessage: z.string().nullable(),
  /** The provider's own machine-readable error code or type, e.g. `insufficient_quota`. */
  providerCode: z.string().nullable(),
  /** How long the provider asked us to wait, in milliseconds; null when it did not say. */
  retryAfterMs: z.number().nonnegative().nullable(),
});
export type CallFailure = z.infer<typeof callFailureSchema>;
