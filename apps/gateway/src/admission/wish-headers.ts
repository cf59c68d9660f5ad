import type { IncomingHttpHeaders } from "node:http";
import { readWishes, type RoutingWishes } from "./routing-wishes.ts";

/** Headers with the meaning of a wish, for clients that cannot add a body field. The body wins. */
const wishHeaders = {
  "x-tokenhub-strategy": "strategy",
  "x-tokenhub-mode": "mode",
  "x-tokenhub-max-budget-usd": "max_budget_usd",
  "x-tokenhub-max-latency-ms": "max_latency_ms",
  "x-tokenhub-max-cost": "max_cost",
  "x-tokenhub-max-cost-per-1k": "max_cost_per_1k",
  "x-tokenhub-min-context": "min_context",
  "x-tokenhub-min-weight": "min_weight",
  "x-tokenhub-allow-fallback": "allow_fallback",
  "x-tokenhub-allow-escalation": "allow_escalation",
  "x-tokenhub-allow-exploration": "allow_exploration",
} as const;

/** Names of the wish headers, for the API description. */
export const wishHeaderNames = Object.keys(wishHeaders);

const nothing: RoutingWishes = Object.freeze({});

/** Reads the wishes a request states in headers. @throws TokenHubError `invalid_request` naming the wish. */
export function readWishHeaders(headers: IncomingHttpHeaders): RoutingWishes {
  let stated: Record<string, unknown> | null = null;
  for (const [header, name] of Object.entries(wishHeaders)) {
    const value = headers[header];
    if (typeof value !== "string" || value.trim() === "") continue;
    stated ??= {};
    stated[name] = headerValue(value.trim());
  }
  return stated === null ? nothing : readWishes(stated, { at: "tokenhub" });
}

function headerValue(text: string): unknown {
  if (text === "true" || text === "false") return text === "true";
  const number = Number(text);
  return Number.isNaN(number) ? text : number;
}
