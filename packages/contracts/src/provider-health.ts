import { z } from "zod";

/** What all workers know together about one provider; kept in Redis, all times in Unix milliseconds. */
export const providerHealthSchema = z.object({
  status: z.enum(["healthy", "degraded", "down"]),
  consecutiveErrors: z.number().int().nonnegative(),
  breaker: z.enum(["closed", "open", "half_open"]),
  /** When an open breaker was opened; 0 when closed. */
  openedAtMs: z.number().nonnegative(),
  /** Until when the provider asked not to be called (Retry-After); 0 when it did not. */
  cooldownUntilMs: z.number().nonnegative(),
  /** Exponentially weighted latency of successful calls (0.9 old + 0.1 new); null before the first. */
  latencyMs: z.number().nonnegative().nullable(),
  /** Exponentially weighted share of failed calls, 0..1 (0.9 old + 0.1 new). */
  errorRate: z.number().min(0).max(1),
});
export type ProviderHealth = z.infer<typeof providerHealthSchema>;
