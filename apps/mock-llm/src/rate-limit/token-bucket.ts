/** A bucket that refills evenly to its capacity within a minute. */
export interface TokenBucket {
  readonly perMinute: number;
  readonly available: number;
  readonly updatedAtMs: number;
}

const minuteMs = 60_000;

/** A full bucket. */
export function fullBucket(perMinute: number, { nowMs }: { readonly nowMs: number }): TokenBucket {
  return { perMinute, available: perMinute, updatedAtMs: nowMs };
}

/** available = min(capacity, available + elapsed * capacity / 60,000). A clock that goes back refills nothing. */
export function refill(bucket: TokenBucket, { nowMs }: { readonly nowMs: number }): TokenBucket {
  const elapsedMs = Math.max(0, nowMs - bucket.updatedAtMs);
  const refilled = bucket.available + (elapsedMs * bucket.perMinute) / minuteMs;
  return { ...bucket, available: Math.min(bucket.perMinute, refilled), updatedAtMs: nowMs };
}

/** Takes an amount that is there; check with `waitForMs` first. */
export function take(bucket: TokenBucket, { amount }: { readonly amount: number }): TokenBucket {
  return { ...bucket, available: bucket.available - amount };
}

/** Milliseconds until the amount is there; an amount above the capacity is never there, and waits for a full bucket. */
export function waitForMs(bucket: TokenBucket, { amount }: { readonly amount: number }): number {
  const missing = Math.min(amount, bucket.perMinute) - bucket.available;
  return Math.max(0, (missing * minuteMs) / bucket.perMinute);
}
