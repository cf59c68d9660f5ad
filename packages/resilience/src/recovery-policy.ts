/** Limits of what is done after a failed call. */
export interface RecoveryPolicy {
  /** Calls to one candidate before its transient failures send the request elsewhere. */
  readonly maxAttemptsPerCandidate: number;
  /** Calls for one request, whichever candidates they go to. */
  readonly maxAttemptsPerRequest: number;
  /** Ceiling of the first backoff; each further one is twice as high. */
  readonly baseDelayMs: number;
  /** Highest ceiling of a backoff. */
  readonly maxDelayMs: number;
  /** The longest Retry-After that is waited for. */
  readonly maxRetryAfterMs: number;
}

/** 3 calls per candidate, 8 per request, backoff from 250 ms up to 10 s, Retry-After honoured up to a minute. */
export const defaultRecoveryPolicy: RecoveryPolicy = {
  maxAttemptsPerCandidate: 3,
  maxAttemptsPerRequest: 8,
  baseDelayMs: 250,
  maxDelayMs: 10_000,
  maxRetryAfterMs: 60_000,
};
