/** Every way a vault operation can be refused; stable, for programs. */
export const vaultErrorCodes = [
  "vault_locked",
  "vault_uninitialised",
  "wrong_password",
  "password_too_short",
  "too_many_attempts",
  "secret_not_found",
  "invalid_entry",
  "invalid_key",
  "invalid_import",
  "tampered",
  "conflict",
] as const;
export type VaultErrorCode = (typeof vaultErrorCodes)[number];

export interface VaultErrorOptions {
  /** When another attempt will be heard, in milliseconds from now; only with `too_many_attempts`. */
  readonly retryAfterMs?: number;
}

/** What the vault throws. The message says what to change and never holds a password, a key or a value. */
export class VaultError extends Error {
  override readonly name = "VaultError";
  readonly code: VaultErrorCode;
  readonly retryAfterMs: number | null;

  constructor(code: VaultErrorCode, message: string, options: VaultErrorOptions = {}) {
    super(message);
    this.code = code;
    this.retryAfterMs = options.retryAfterMs ?? null;
  }
}
