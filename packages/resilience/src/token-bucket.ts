/** A bucket of permits that refills evenly; times in Unix milliseconds. */
export interface TokenBucket {
  readonly tokens: number;
  readonly updatedAtMs: number;
}

export interface BucketLimits {
  /** Permits added per second. */
  readonly requestsPerSecond: number;
  /** Permits a full bucket holds. */
  readonly burst: number;
}

export type BucketOutcome =
  | { readonly kind: "taken"; readonly bucket: TokenBucket }
  /** Nothing was taken; the same will do after `retryAfterMs`. */
  | { readonly kind: "empty"; readonly bucket: TokenBucket; readonly retryAfterMs: number };

/** A full bucket. */
export function fullBucket(limits: BucketLimits, nowMs: number): TokenBucket {
  return { tokens: limits.burst, updatedAtMs: nowMs };
}

/**
 * Takes permits: `tokens = min(burst, tokens + elapsed seconds * requestsPerSecond) - amount`, if that is not below 0. A
 * clock that went backwards refills nothing. An amount above `burst` never succeeds.
 */
export function takeFromBucket(
  bucket: TokenBucket,
  {
    limits,
    nowMs,
    amount = 1,
  }: { readonly limits: BucketLimits; readonly nowMs: number; readonly amount?: number },
): BucketOutcome {
  const elapsedMs = Math.max(0, nowMs - bucket.updatedAtMs);
  const tokens = Math.min(limits.burst, bucket.tokens + (elapsedMs / 1_000) * limits.requestsPerSecond);
  const updatedAtMs = Math.max(bucket.updatedAtMs, nowMs);
  if (tokens >= amount) return { kind: "taken", bucket: { tokens: tokens - amount, updatedAtMs } };
  const retryAfterMs = Math.ceil(((amount - tokens) / limits.requestsPerSecond) * 1_000);
  return { kind: "empty", bucket: { tokens, updatedAtMs }, retryAfterMs };
}
