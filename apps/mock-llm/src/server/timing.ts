import type { Plan } from "../plans/plan.ts";
import type { FaultStep } from "../plans/step.ts";

/** When parts of an answer are due, in milliseconds after the request's arrival. */
export interface Timing {
  readonly headersAfterMs: number;
  readonly firstTokenAfterMs: number;
  /** Between tokens; 0 = at once. */
  readonly intervalMs: number;
}

const endlessTokensPerSecond = 200;

/** The timing that a plan and a fault ask for; without either everything is due at once. */
export function timingOf(plan: Plan, { fault }: { readonly fault: FaultStep | null }): Timing {
  const headersAfterMs = fault?.kind === "slow" ? fault.latencyMs : (plan.latencyMs ?? 0);
  const endlessSpeed = fault?.kind === "endless_stream" ? endlessTokensPerSecond : null;
  const tokensPerSecond = plan.tokensPerSecond ?? endlessSpeed;
  return {
    headersAfterMs,
    firstTokenAfterMs: Math.max(headersAfterMs, plan.timeToFirstTokenMs ?? 0),
    intervalMs: tokensPerSecond === null ? 0 : 1_000 / tokensPerSecond,
  };
}

/** When the last of this many tokens is due: the moment at which an answer in one piece leaves. */
export function wholeAnswerAfterMs(timing: Timing, { tokens }: { readonly tokens: number }): number {
  return timing.firstTokenAfterMs + Math.max(0, tokens - 1) * timing.intervalMs;
}
