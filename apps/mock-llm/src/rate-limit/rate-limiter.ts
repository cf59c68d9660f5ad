import type { Plan } from "../plans/plan.ts";
import { fullBucket, refill, take, waitForMs, type TokenBucket } from "./token-bucket.ts";

type RateLimit = NonNullable<Plan["rateLimit"]>;

/** One limit after a call was judged. */
export interface LimitState {
  readonly limit: number;
  readonly remaining: number;
  /** Until the bucket is full again. */
  readonly resetAfterMs: number;
}

export interface RateVerdict {
  readonly isAdmitted: boolean;
  /** Until the call would be admitted; 0 when it was. */
  readonly retryAfterMs: number;
  /** Null: not limited. */
  readonly requests: LimitState | null;
  readonly tokens: LimitState | null;
}

interface Buckets {
  requests: TokenBucket | null;
  tokens: TokenBucket | null;
}

/** One pair of buckets per model. They belong to the plan's `rateLimit` object, so a new plan starts with full buckets. */
export class RateLimiter {
  readonly #buckets = new WeakMap<RateLimit, Map<string, Buckets>>();

  /** Takes one request and its tokens from the model's buckets, or nothing when either has too little. */
  admit(
    limit: RateLimit,
    { model, tokens, nowMs }: { readonly model: string; readonly tokens: number; readonly nowMs: number },
  ): RateVerdict {
    const buckets = this.#bucketsOf(limit, { model, nowMs });
    const requestsBefore = buckets.requests === null ? null : refill(buckets.requests, { nowMs });
    const tokensBefore = buckets.tokens === null ? null : refill(buckets.tokens, { nowMs });
    const isAdmitted = holds(requestsBefore, 1) && holds(tokensBefore, tokens);
    buckets.requests =
      requestsBefore !== null && isAdmitted ? take(requestsBefore, { amount: 1 }) : requestsBefore;
    buckets.tokens =
      tokensBefore !== null && isAdmitted ? take(tokensBefore, { amount: tokens }) : tokensBefore;
    const waitMs = Math.max(waitOf(requestsBefore, 1), waitOf(tokensBefore, tokens));
    return {
      isAdmitted,
      retryAfterMs: isAdmitted ? 0 : waitMs,
      requests: stateOf(buckets.requests),
      tokens: stateOf(buckets.tokens),
    };
  }

  #bucketsOf(
    limit: RateLimit,
    { model, nowMs }: { readonly model: string; readonly nowMs: number },
  ): Buckets {
    let byModel = this.#buckets.get(limit);
    if (byModel === undefined) this.#buckets.set(limit, (byModel = new Map()));
    let buckets = byModel.get(model);
    if (buckets === undefined) {
      const { requestsPerMinute, tokensPerMinute } = limit;
      buckets = {
        requests: requestsPerMinute === undefined ? null : fullBucket(requestsPerMinute, { nowMs }),
        tokens: tokensPerMinute === undefined ? null : fullBucket(tokensPerMinute, { nowMs }),
      };
      byModel.set(model, buckets);
    }
    return buckets;
  }
}

function holds(bucket: TokenBucket | null, amount: number): boolean {
  return bucket === null || bucket.available >= amount;
}

function waitOf(bucket: TokenBucket | null, amount: number): number {
  return bucket === null ? 0 : waitForMs(bucket, { amount });
}

function stateOf(bucket: TokenBucket | null): LimitState | null {
  if (bucket === null) return null;
  return {
    limit: bucket.perMinute,
    remaining: Math.max(0, Math.floor(bucket.available)),
    resetAfterMs: waitForMs(bucket, { amount: bucket.perMinute }),
  };
}
