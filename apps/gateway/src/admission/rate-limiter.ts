import { TokenHubError } from "@tokenhub/contracts";
import { fullBucket, takeFromBucket, type BucketLimits, type TokenBucket } from "@tokenhub/resilience";
import { LRUCache } from "lru-cache";

/** Limits how often one subject (a key or an address) may ask this gateway. */
export interface RateLimiter {
  /** @throws TokenHubError `rate_limited` with the time to wait. */
  admit(subject: string): void;
}

export interface RateLimiterOptions {
  readonly limits: BucketLimits;
  readonly now: () => number;
  readonly onLimited?: () => void;
}

/** Subjects remembered; those not seen for longest are forgotten, which only ever lets more through. */
const maxSubjects = 100_000;

/** A limiter in this process's memory. */
export function createRateLimiter({ limits, now, onLimited }: RateLimiterOptions): RateLimiter {
  const buckets = new LRUCache<string, TokenBucket>({
    // Not `max`, which would take the memory for all of them at once.
    maxSize: maxSubjects,
    sizeCalculation: () => 1,
  });
  return {
    admit(subject) {
      const nowMs = now();
      const outcome = takeFromBucket(buckets.get(subject) ?? fullBucket(limits, nowMs), { limits, nowMs });
      buckets.set(subject, outcome.bucket);
      if (outcome.kind === "taken") return;
      onLimited?.();
      throw rateLimited(limits, outcome.retryAfterMs);
    },
  };
}

/** The refusal of a request that came too early. */
export function rateLimited(limits: BucketLimits, retryAfterMs: number): TokenHubError {
  return new TokenHubError(
    "rate_limited",
    `Too many requests: at most ${limits.requestsPerSecond} per second, ${limits.burst} at once. Wait as long as retry-after says.`,
    { retryAfterMs },
  );
}
