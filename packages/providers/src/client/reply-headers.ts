import { parseRateLimitSnapshot, type RateLimitSnapshot } from "@tokenhub/resilience";
import type { ResponseHeaders } from "../definition/provider-definition.ts";
import type { ReplyHeaders } from "./provider-call.ts";

const named = new Set(["apim-request-id", "request-id", "retry-after", "retry-after-ms", "x-request-id"]);
const families = ["x-ratelimit-", "anthropic-ratelimit-", "ratelimit"];
const maxValueLength = 256;

/** The headers worth keeping: the rate-limit family and the provider's request id, values cut at 256 characters. */
export function replyHeaders(headers: ResponseHeaders): ReplyHeaders {
  const kept: Record<string, string> = {};
  for (const name in headers) {
    if (!isKept(name)) continue;
    const value = headers[name];
    const text = typeof value === "string" ? value : value?.[0];
    if (text !== undefined) kept[name] = text.slice(0, maxValueLength);
  }
  return kept;
}

/** What the kept headers say about the provider's limits; null when they say nothing. */
export function rateLimitOf(headers: ReplyHeaders, nowMs: number): RateLimitSnapshot | null {
  for (const name in headers) {
    if (name.includes("ratelimit") || name.startsWith("retry-after"))
      return parseRateLimitSnapshot(headers, nowMs);
  }
  return null;
}

function isKept(name: string): boolean {
  return named.has(name) || families.some((family) => name.startsWith(family));
}
