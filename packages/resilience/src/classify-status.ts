import type { ErrorCode, FailureClass } from "@tokenhub/contracts";
import {
  failureWords,
  namesOverflow,
  namesQuota,
  namesUnknownModel,
  tellsOverflow,
  tellsQuota,
  type FailureWords,
} from "./failure-words.ts";

/** An error answer of a provider. */
export interface ProviderAnswer {
  readonly status: number;
  /** The provider's machine-readable error code and type, and its sentence; null where it gave none. */
  readonly code: string | null;
  readonly type: string | null;
  readonly message: string | null;
}

export interface StatusClassification {
  readonly class: FailureClass;
  readonly code: ErrorCode;
}

const overflow: StatusClassification = { class: "context_overflow", code: "context_length_exceeded" };
const rateLimited: StatusClassification = { class: "rate_limited", code: "provider_rate_limited" };
const quotaExhausted: StatusClassification = { class: "quota_exhausted", code: "provider_quota_exhausted" };
const auth: StatusClassification = { class: "auth", code: "provider_auth_failed" };
const badRequest: StatusClassification = { class: "bad_request", code: "provider_bad_request" };
const fatal: StatusClassification = { class: "fatal", code: "provider_error" };
const transient: StatusClassification = { class: "transient", code: "provider_error" };
const timedOut: StatusClassification = { class: "transient", code: "provider_timeout" };
const unavailable: StatusClassification = { class: "transient", code: "provider_unavailable" };

/**
 * Classifies an error answer by its HTTP status and the provider's own words; the first row that applies counts:
 *
 * | answer                                                            | class            | code                     |
 * |-------------------------------------------------------------------|------------------|--------------------------|
 * | code or type of an overflow, e.g. `context_length_exceeded`       | context_overflow | context_length_exceeded  |
 * | code or type of an empty account, e.g. `insufficient_quota`       | quota_exhausted  | provider_quota_exhausted |
 * | 4xx with code `model_not_found`                                   | fatal            | provider_error           |
 * | 400, 413, 422, 500 with the words of an overflow                  | context_overflow | context_length_exceeded  |
 * | 400, 402, 403, 429 with the words of an empty account; any 402    | quota_exhausted  | provider_quota_exhausted |
 * | 429                                                               | rate_limited     | provider_rate_limited    |
 * | 401, 403, 407                                                     | auth             | provider_auth_failed     |
 * | 408, 504                                                          | transient        | provider_timeout         |
 * | 503, 529                                                          | transient        | provider_unavailable     |
 * | 409, 425, other 5xx                                               | transient        | provider_error           |
 * | 404, 405, 410; anything below 400                                 | fatal            | provider_error           |
 * | other 4xx                                                         | bad_request      | provider_bad_request     |
 *
 * - 409 is transient because a generation call creates nothing it could conflict with: providers send it for a lock of
 *   their own, and the official client libraries repeat it too.
 * - 404 is fatal, not the caller's fault: the catalogue promised the model. Another candidate may have it.
 * - A per-minute limit stays `rate_limited` even where the provider words it as a quota.
 * - For an error inside a 200 or a stream, pass the status that its type normally comes with.
 */
export function classifyStatus(answer: ProviderAnswer): StatusClassification {
  const { status } = answer;
  const words = failureWords(answer);
  if (namesOverflow(words)) return overflow;
  if (namesQuota(words)) return quotaExhausted;
  if (status >= 400 && status < 500) return classifyClientError(status, words);
  if (status === 504) return timedOut;
  if (status === 503 || status === 529) return unavailable;
  if (status === 500 && tellsOverflow(words)) return overflow;
  return status >= 500 ? transient : fatal;
}

function classifyClientError(status: number, words: FailureWords): StatusClassification {
  if (namesUnknownModel(words)) return fatal;
  switch (status) {
    case 400:
    case 413:
    case 422:
      if (tellsOverflow(words)) return overflow;
      return status === 400 && tellsQuota(words) ? quotaExhausted : badRequest;
    case 402:
      return quotaExhausted;
    case 429:
      return tellsQuota(words) ? quotaExhausted : rateLimited;
    case 403:
      return tellsQuota(words) ? quotaExhausted : auth;
    case 401:
    case 407:
      return auth;
    case 408:
      return timedOut;
    case 409:
    case 425:
      return transient;
    case 404:
    case 405:
    case 410:
      return fatal;
    default:
      return badRequest;
  }
}
