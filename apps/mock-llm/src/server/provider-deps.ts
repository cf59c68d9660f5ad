import type { PlanBook } from "../plans/plan-book.ts";
import type { RateLimiter } from "../rate-limit/rate-limiter.ts";

/** What the provider paths share. */
export interface ProviderDeps {
  readonly plans: PlanBook;
  readonly limiter: RateLimiter;
  /** Part of every id, so that two mocks never give the same one. */
  readonly instanceId: string;
}
