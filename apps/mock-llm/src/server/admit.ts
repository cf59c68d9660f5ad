import type { IncomingHttpHeaders } from "node:http";
import type { Plan } from "../plans/plan.ts";
import { rateLimitHeaders } from "../rate-limit/rate-limit-headers.ts";
import type { RateLimiter } from "../rate-limit/rate-limiter.ts";
import { upstreamError } from "../surfaces/upstream-error.ts";
import type { Exchange } from "./exchange.ts";

export interface Admission {
  readonly plan: Plan;
  readonly limiter: RateLimiter;
  /** Name of the buckets. */
  readonly model: string;
  /** What the call takes from the bucket of tokens. */
  readonly tokens: number;
}

/** Checks the key and the rate limits, and adds the headers that tell them. False: the call was refused and answered. */
export function admit(exchange: Exchange, { plan, limiter, model, tokens }: Admission): boolean {
  Object.assign(exchange.headers, plan.headers);
  if (plan.requireKey !== undefined && !holdsKey(exchange.request.headers, plan.requireKey)) {
    exchange.sendError(upstreamError(401));
    return false;
  }
  if (plan.rateLimit === undefined) return true;
  const { nowMs, family } = exchange;
  const verdict = limiter.admit(plan.rateLimit, { model, tokens, nowMs });
  Object.assign(exchange.headers, rateLimitHeaders(verdict, { family, nowMs }));
  if (verdict.isAdmitted) return true;
  const isShortOfTokens = (verdict.tokens?.remaining ?? tokens) < tokens;
  const details = isShortOfTokens && family === "openai" ? { type: "tokens" } : {};
  exchange.sendError(upstreamError(429, details));
  return false;
}

function holdsKey(headers: IncomingHttpHeaders, required: string | true): boolean {
  const given = headers["x-api-key"] ?? headers["api-key"] ?? headers.authorization?.replace(/^Bearer /i, "");
  return required === true ? given !== undefined && given !== "" : given === required;
}
