import type { ProviderFamily } from "../surfaces/upstream-error.ts";
import type { LimitState, RateVerdict } from "./rate-limiter.ts";

type Headers = Readonly<Record<string, string>>;

/** The headers in which a provider tells its limits on every answer, and on a refusal when to come back. */
export function rateLimitHeaders(
  verdict: RateVerdict,
  { family, nowMs }: { readonly family: ProviderFamily; readonly nowMs: number },
): Headers {
  const describe =
    family === "openai"
      ? openAiHeaders
      : (name: string, state: LimitState) => anthropicHeaders(name, { state, nowMs });
  return {
    ...(verdict.requests === null ? {} : describe("requests", verdict.requests)),
    ...(verdict.tokens === null ? {} : describe("tokens", verdict.tokens)),
    ...(verdict.isAdmitted ? {} : retryAfterHeaders(verdict.retryAfterMs, { family })),
  };
}

/**
 * A duration as OpenAI writes it.
 *
 * @example formatDuration(360_000) // "6m0s"; 1_500 -> "1.5s"; 20 -> "20ms"; 0 -> "0s"
 */
export function formatDuration(durationMs: number): string {
  const totalMs = Math.ceil(durationMs);
  if (totalMs > 0 && totalMs < 1_000) return `${totalMs}ms`;
  const hours = Math.floor(totalMs / 3_600_000);
  const minutes = Math.floor((totalMs % 3_600_000) / 60_000);
  const seconds = (totalMs % 60_000) / 1_000;
  if (hours > 0) return `${hours}h${minutes}m${seconds}s`;
  return minutes > 0 ? `${minutes}m${seconds}s` : `${seconds}s`;
}

function openAiHeaders(name: string, state: LimitState): Headers {
  return {
    [`x-ratelimit-limit-${name}`]: `${state.limit}`,
    [`x-ratelimit-remaining-${name}`]: `${state.remaining}`,
    [`x-ratelimit-reset-${name}`]: formatDuration(state.resetAfterMs),
  };
}

function anthropicHeaders(
  name: string,
  { state, nowMs }: { readonly state: LimitState; readonly nowMs: number },
): Headers {
  const reset = new Date(nowMs + Math.ceil(state.resetAfterMs / 1_000) * 1_000);
  return {
    [`anthropic-ratelimit-${name}-limit`]: `${state.limit}`,
    [`anthropic-ratelimit-${name}-remaining`]: `${state.remaining}`,
    [`anthropic-ratelimit-${name}-reset`]: reset.toISOString().replace(/\.\d+Z$/, "Z"),
  };
}

function retryAfterHeaders(retryAfterMs: number, { family }: { readonly family: ProviderFamily }): Headers {
  const seconds = { "retry-after": `${Math.max(1, Math.ceil(retryAfterMs / 1_000))}` };
  if (family === "anthropic") return seconds;
  return { ...seconds, "retry-after-ms": `${Math.ceil(retryAfterMs)}` };
}
