export interface ProviderAdapterErrorOptions {
  /** HTTP status the provider answered with, or the one that fits best: 400, 401, 404, 429, 500, 503, ... */
  readonly status: number;
  /** The provider's machine-readable code, e.g. `context_length_exceeded`. */
  readonly code?: string;
  /** How long the provider asked us to wait. */
  readonly retryAfterMs?: number;
  readonly cause?: unknown;
}

/** Thrown by a provider class to say how a call failed. `message` is taken for the provider's words; it is never the key. */
export class ProviderAdapterError extends Error {
  override readonly name = "ProviderAdapterError";
  readonly status: number;
  readonly code: string | null;
  readonly retryAfterMs: number | null;

  constructor(message: string, { status, code, retryAfterMs, cause }: ProviderAdapterErrorOptions) {
    super(message, cause === undefined ? undefined : { cause });
    this.status = status;
    this.code = code ?? null;
    this.retryAfterMs = retryAfterMs ?? null;
  }
}
