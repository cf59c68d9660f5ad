import { TokenHubError, type ErrorCode } from "@tokenhub/contracts";
import type { VaultError, VaultErrorCode } from "./vault-error.ts";

const publicCodes: Readonly<Record<VaultErrorCode, ErrorCode>> = {
  vault_locked: "vault_locked",
  vault_uninitialised: "vault_uninitialised",
  wrong_password: "wrong_password",
  password_too_short: "invalid_request",
  too_many_attempts: "too_many_attempts",
  secret_not_found: "not_found",
  invalid_entry: "invalid_request",
  invalid_key: "invalid_request",
  invalid_import: "invalid_request",
  tampered: "internal_error",
  conflict: "conflict",
};

/** The error of the product's table for a refusal of the vault; the message is kept, it is written for the caller. */
export function toTokenHubError(error: VaultError): TokenHubError {
  return new TokenHubError(publicCodes[error.code], error.message, {
    retryAfterMs: error.retryAfterMs,
    cause: error,
  });
}
