import { errorTable, type ErrorCode, type ErrorRow } from "./error-table.ts";

export interface TokenHubErrorOptions {
  /** The request field at fault, as a dotted path such as `messages.0.role`. */
  readonly param?: string | null;
  /** Sent as `retry-after` and `retry-after-ms`. */
  readonly retryAfterMs?: number | null;
  readonly cause?: unknown;
}

/**
 * The only exception that crosses package borders. `message` is written for the caller: what happened and what to change;
 * it never holds a secret, a prompt or a provider's body.
 */
export class TokenHubError extends Error {
  override readonly name = "TokenHubError";
  readonly code: ErrorCode;
  readonly param: string | null;
  readonly retryAfterMs: number | null;

  constructor(code: ErrorCode, message: string, options: TokenHubErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.param = options.param ?? null;
    this.retryAfterMs = options.retryAfterMs ?? null;
  }

  get row(): ErrorRow {
    return errorTable[this.code];
  }
}
