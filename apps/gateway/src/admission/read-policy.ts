import {
  routingPolicySchema,
  TokenHubError,
  type RoutingMode,
  type RoutingPolicy,
} from "@tokenhub/contracts";
import type { IncomingHttpHeaders } from "node:http";
import { z } from "zod";
import { describeIssue } from "../http/describe-issue.ts";

/** The `tokenhub` member of a request body: routing wishes, never forwarded to a provider. */
export const routingHintsSchema = z
  .strictObject({
    strategy: routingPolicySchema.shape.strategy.optional(),
    mode: routingPolicySchema.shape.mode.optional(),
    max_cost_per_1k: z
      .number()
      .nonnegative()
      .optional()
      .meta({ description: "US dollars per 1,000 tokens, held against the higher of a model's two prices." }),
    min_context: z.int().nonnegative().optional(),
    min_weight: z.number().nonnegative().optional(),
    allow_fallback: z
      .boolean()
      .optional()
      .meta({ description: "Lets other models answer when the named one cannot." }),
    allow_escalation: z.boolean().optional(),
  })
  .meta({
    id: "RoutingHints",
    description: "Routing wishes for TokenHub; removed before the request is forwarded.",
  });

/** Headers with the same meaning, for clients that cannot add a body field. The body wins. */
const hintHeaders = {
  "x-tokenhub-strategy": "strategy",
  "x-tokenhub-mode": "mode",
  "x-tokenhub-max-cost-per-1k": "max_cost_per_1k",
  "x-tokenhub-min-context": "min_context",
  "x-tokenhub-min-weight": "min_weight",
  "x-tokenhub-allow-fallback": "allow_fallback",
  "x-tokenhub-allow-escalation": "allow_escalation",
} as const;

/** What nearly every request means; shared, because parsing nothing would cost as much as parsing wishes. */
const noWishes: RoutingPolicy = Object.freeze(routingPolicySchema.parse({}));

/**
 * Reads the routing policy from the body's `tokenhub` member and the `x-tokenhub-*` headers.
 * @throws TokenHubError `invalid_request` naming the wish at fault.
 */
export function readPolicy(
  headers: IncomingHttpHeaders,
  { hints, defaultMode }: { readonly hints: unknown; readonly defaultMode: RoutingMode | null },
): RoutingPolicy {
  const fromHeaders: Record<string, unknown> = {};
  let hasHeaders = false;
  for (const [header, name] of Object.entries(hintHeaders)) {
    const value = headers[header];
    if (typeof value !== "string" || value.trim() === "") continue;
    fromHeaders[name] = headerValue(value.trim());
    hasHeaders = true;
  }
  if (!hasHeaders && hints === undefined)
    return defaultMode === null ? noWishes : { ...noWishes, mode: defaultMode };
  if (hints !== undefined && (typeof hints !== "object" || hints === null || Array.isArray(hints))) {
    throw new TokenHubError("invalid_request", "`tokenhub` must be an object of routing wishes.", {
      param: "tokenhub",
    });
  }
  const parsed = routingHintsSchema.safeParse({ ...fromHeaders, ...hints });
  if (!parsed.success) {
    const { path, problem } = describeIssue(parsed.error.issues[0]);
    throw new TokenHubError(
      "invalid_request",
      `Routing wish ${path === "" ? "" : `\`${path}\` `}is not valid: ${problem}.`,
      { param: path === "" ? "tokenhub" : `tokenhub.${path}` },
    );
  }
  const wishes = parsed.data;
  return routingPolicySchema.parse({
    strategy: wishes.strategy,
    mode: wishes.mode ?? defaultMode ?? undefined,
    maxCostPer1kUsd: wishes.max_cost_per_1k,
    minContextTokens: wishes.min_context,
    minWeight: wishes.min_weight,
    allowFallback: wishes.allow_fallback,
    allowEscalation: wishes.allow_escalation,
  });
}

function headerValue(text: string): unknown {
  if (text === "true" || text === "false") return text === "true";
  const number = Number(text);
  return Number.isNaN(number) ? text : number;
}
