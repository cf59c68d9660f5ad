import type { RateBuckets } from "@tokenhub/ledger";
import { queueUnavailable } from "@tokenhub/queue";
import type { BucketLimits } from "@tokenhub/resilience";
import type { Caller } from "./caller.ts";
import { rateLimited, type RateLimiter } from "./rate-limiter.ts";

/** Holds callers to their rates. */
export interface CallerRates {
  /**
   * Takes a permit of every rate of the caller. Only those with a limit of their own ask Redis; for all others the answer
   * is there at once, as null.
   * @throws TokenHubError `rate_limited`, `queue_unavailable`; the promise rejects with the same.
   */
  admit(caller: Pick<Caller, "rates">): Promise<void> | null;
}

export interface CallerRatesOptions {
  /** For the installation's rate, which each gateway grants by itself. */
  readonly memory: RateLimiter;
  /** For rates that were set for one key or tenant: they hold over all gateways together. */
  readonly shared: RateBuckets;
}

/** A key's burst is twice what it may send in a second, at least 1. */
export function ownLimits(requestsPerSecond: number): BucketLimits {
  return { requestsPerSecond, burst: Math.max(1, Math.ceil(requestsPerSecond * 2)) };
}

export function createCallerRates({ memory, shared }: CallerRatesOptions): CallerRates {
  async function take(own: readonly { readonly subject: string; readonly requestsPerSecond: number }[]) {
    for (const { subject, requestsPerSecond } of own) {
      const limits = ownLimits(requestsPerSecond);
      const waitMs = await shared.take(subject, limits).catch((error: unknown) => {
        throw queueUnavailable(error);
      });
      if (waitMs > 0) throw rateLimited(limits, waitMs);
    }
  }

  return {
    admit({ rates }) {
      const own: { subject: string; requestsPerSecond: number }[] = [];
      for (const { subject, requestsPerSecond } of rates) {
        if (requestsPerSecond === null) memory.admit(subject);
        else if (requestsPerSecond !== Infinity) own.push({ subject, requestsPerSecond });
      }
      return own.length === 0 ? null : take(own);
    },
  };
}
