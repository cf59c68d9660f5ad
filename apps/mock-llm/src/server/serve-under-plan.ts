import type { ActivePlan } from "../plans/plan-book.ts";
import type { FaultStep } from "../plans/step.ts";
import type { RateLimiter } from "../rate-limit/rate-limiter.ts";
import { admit } from "./admit.ts";
import type { Exchange } from "./exchange.ts";
import { serveEarlyFault, type LateFault } from "./serve-early-fault.ts";
import { timingOf, type Timing } from "./timing.ts";

export interface PlannedCall {
  readonly active: ActivePlan;
  readonly limiter: RateLimiter;
  /** Name of the rate limit's buckets. */
  readonly model: string;
  readonly promptTokens: number;
  /** What the call takes from the bucket of tokens. */
  readonly totalTokens: number;
  readonly isStream: boolean;
  /** Sends the answer, or what is left of it under a fault that shows late. */
  readonly respond: (circumstances: Circumstances) => Promise<void>;
}

export interface Circumstances {
  readonly fault: LateFault | null;
  readonly timing: Timing;
}

/** Answers one call under its plan: key, limits, the next step, the latency, then the answer or the fault. */
export async function serveUnderPlan(exchange: Exchange, call: PlannedCall): Promise<void> {
  const { active, limiter, model, promptTokens, totalTokens, isStream } = call;
  const { plan } = active;
  if (!admit(exchange, { plan, limiter, model, tokens: totalTokens })) return;
  const fault = nextFault(active);
  const timing = timingOf(plan, { fault });
  if (timing.headersAfterMs > 0 && !(await exchange.waitUntil(timing.headersAfterMs))) return;
  if (fault === null) return call.respond({ fault: null, timing });
  const contentType = isStream ? "text/event-stream" : "application/json";
  const lateFault = await serveEarlyFault(exchange, fault, { promptTokens, contentType });
  if (lateFault !== null) await call.respond({ fault: lateFault, timing });
}

function nextFault(active: ActivePlan): FaultStep | null {
  const step = active.takeStep();
  return step !== null && "kind" in step ? step : null;
}
