import type { CallFailure, ErrorCode, FailureClass } from "@tokenhub/contracts";

/** A failure that the client saw itself: nothing in it comes from the provider but the HTTP status. */
export function callFailure(
  failureClass: FailureClass,
  {
    code,
    message,
    providerStatus = null,
  }: { code: ErrorCode; message: string; providerStatus?: number | null },
): CallFailure {
  return {
    class: failureClass,
    code,
    message,
    providerStatus,
    providerMessage: null,
    providerCode: null,
    retryAfterMs: null,
  };
}

/** The provider answered, but not with something this gateway can use; another try may get a better answer. */
export function badResponse(message: string, providerStatus: number | null): CallFailure {
  return callFailure("transient", { code: "provider_bad_response", message, providerStatus });
}

/** The answer exceeds a size limit: another try would be as long. */
export function tooLarge(message: string, providerStatus: number | null): CallFailure {
  return callFailure("fatal", { code: "provider_bad_response", message, providerStatus });
}
