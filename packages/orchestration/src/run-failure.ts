import type { CallFailure, ErrorCode, FailureClass } from "@tokenhub/contracts";

/** A failure that the orchestration itself states, not a provider. The message is for the caller. */
export function runFailure(
  code: ErrorCode,
  { class: failureClass, message }: { readonly class: FailureClass; readonly message: string },
): CallFailure {
  return {
    class: failureClass,
    code,
    message,
    providerStatus: null,
    providerMessage: null,
    providerCode: null,
    retryAfterMs: null,
  };
}
