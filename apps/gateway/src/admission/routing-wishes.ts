import { routingModeSchema, routingPolicySchema, strategySchema, TokenHubError } from "@tokenhub/contracts";
import type { RoutingPolicy } from "@tokenhub/contracts";
import { z } from "zod";
import { describeIssue } from "../http/describe-issue.ts";

const limit = (description: string) => z.number().nonnegative().optional().meta({ description });

/** Modes callers may name: those of the `objective` strategy, a strategy under its old name, and two orchestrations. */
const modeWishSchema = z.enum([...routingModeSchema.options, "thompson", "vote", "refine"]);

/** Highest values a caller may ask for. */
const maxBudgetUsd = 100;
const maxLatencyMs = 300_000;

/**
 * Routing wishes as callers write them: the `tokenhub` member of any body, the `policy` of the native form, the top level of
 * the flat form. Several spellings of one wish come from the product's generations; a wish that is stated twice must agree.
 */
export const routingWishesSchema = z
  .strictObject({
    strategy: strategySchema.optional(),
    mode: modeWishSchema.optional(),
    max_budget_usd: z.number().min(0).max(maxBudgetUsd).optional().meta({
      description: "US dollars this one request may cost by its estimate; 0: the server's default.",
    }),
    max_latency_ms: z
      .number()
      .min(0)
      .max(maxLatencyMs)
      .optional()
      .meta({ description: "Milliseconds the answer may take; 0: the server's default." }),
    max_cost_per_1k: limit("US dollars per 1,000 tokens, held against the higher of a model's two prices."),
    max_cost_per_1k_tokens: limit("The same as `max_cost_per_1k`."),
    max_cost: limit("The same as `max_cost_per_1k`."),
    min_context: z.int().nonnegative().optional(),
    min_context_size: z.int().nonnegative().optional().meta({ description: "The same as `min_context`." }),
    min_weight: z.number().nonnegative().optional(),
    prefer_higher_weight: z.boolean().optional().meta({
      description: "true: the strategy `highest_weight`; false: `cheapest`.",
    }),
    allow_fallback: z
      .boolean()
      .optional()
      .meta({ description: "Lets other models answer when the named one cannot." }),
    allow_escalation: z.boolean().optional(),
    allow_exploration: z
      .boolean()
      .optional()
      .meta({ description: "false: the strategy `thompson` tries nothing out on this request." }),
  })
  .meta({
    id: "RoutingWishes",
    description: "Routing wishes for TokenHub; removed before the request is forwarded.",
  });
type StatedWishes = z.infer<typeof routingWishesSchema>;

/** Wishes in the policy's own names; what is absent was not stated. */
export type RoutingWishes = Partial<RoutingPolicy> & {
  /** The orchestration that a `mode` stands for; null for a mode of routing. */
  orchestrates?: "vote" | "refine" | null;
};

/** What wishes nobody stated mean at this installation. */
export interface RoutingDefaults extends Pick<
  RoutingPolicy,
  "strategy" | "mode" | "maxBudgetUsd" | "maxLatencyMs" | "explorationShare" | "explorationTemperature"
> {
  /** False: nothing is tried out, whatever a request allows. */
  readonly allowExploration: boolean;
}

/**
 * Reads wishes from a part of a body.
 * @param at name of that part for messages, e.g. `policy`; empty for the body itself.
 * @throws TokenHubError `invalid_request` naming the wish at fault.
 */
export function readWishes(stated: unknown, { at }: { readonly at: string }): RoutingWishes {
  if (stated === undefined || stated === null) return {};
  if (typeof stated !== "object" || Array.isArray(stated))
    throw new TokenHubError("invalid_request", `\`${at}\` must be an object of routing wishes.`, {
      param: at,
    });
  const parsed = routingWishesSchema.safeParse(stated);
  if (parsed.success) return normalise(parsed.data, at);
  const { path, problem } = describeIssue(parsed.error.issues[0]);
  const place = [at, path].filter((part) => part !== "").join(".");
  throw new TokenHubError(
    "invalid_request",
    `Routing wish ${place === "" ? "" : `\`${place}\` `}is not valid: ${problem}.`,
    { param: place === "" ? null : place },
  );
}

/** The whole policy: each later source overrides the ones before it. */
export function policyOf(defaults: RoutingDefaults, ...sources: readonly RoutingWishes[]): RoutingPolicy {
  const policy = routingPolicySchema.parse(Object.assign({}, defaults, ...sources));
  return defaults.allowExploration ? policy : { ...policy, allowExploration: false };
}

function normalise(stated: StatedWishes, at: string): RoutingWishes {
  const wishes: RoutingWishes = {};
  const strategy = strategyOf(stated, at);
  const mode = modeOf(stated.mode);
  if (strategy !== undefined) wishes.strategy = strategy;
  if (stated.mode !== undefined)
    wishes.orchestrates = stated.mode === "vote" || stated.mode === "refine" ? stated.mode : null;
  if (mode !== undefined) wishes.mode = mode;
  // 0 means the default on these two, so it states nothing.
  if (stated.max_budget_usd) wishes.maxBudgetUsd = stated.max_budget_usd;
  if (stated.max_latency_ms) wishes.maxLatencyMs = stated.max_latency_ms;
  const maxCost = agreed(stated, ["max_cost_per_1k", "max_cost_per_1k_tokens", "max_cost"], at);
  if (maxCost !== undefined) wishes.maxCostPer1kUsd = maxCost;
  const minContext = agreed(stated, ["min_context", "min_context_size"], at);
  if (minContext !== undefined) wishes.minContextTokens = minContext;
  if (stated.min_weight !== undefined) wishes.minWeight = stated.min_weight;
  if (stated.allow_fallback !== undefined) wishes.allowFallback = stated.allow_fallback;
  if (stated.allow_escalation !== undefined) wishes.allowEscalation = stated.allow_escalation;
  if (stated.allow_exploration !== undefined) wishes.allowExploration = stated.allow_exploration;
  return wishes;
}

function strategyOf(stated: StatedWishes, at: string): RoutingPolicy["strategy"] | undefined {
  const { strategy, mode, prefer_higher_weight: prefersWeight } = stated;
  const implied =
    prefersWeight === undefined
      ? mode === "thompson"
        ? "thompson"
        : undefined
      : prefersWeight
        ? "highest_weight"
        : "cheapest";
  if (strategy !== undefined && implied !== undefined && strategy !== implied) {
    const param = at === "" ? "strategy" : `${at}.strategy`;
    throw new TokenHubError(
      "invalid_request",
      `Routing wish \`${param}\` is ${strategy}, but another wish stands for ${implied}. Keep one of them.`,
      { param },
    );
  }
  return strategy ?? implied;
}

function modeOf(mode: StatedWishes["mode"]): RoutingPolicy["mode"] | undefined {
  return mode === "thompson" || mode === "vote" || mode === "refine" ? "normal" : mode;
}

function agreed(
  stated: StatedWishes,
  names: readonly (keyof StatedWishes)[],
  at: string,
): number | undefined {
  const values = names.flatMap((name) =>
    typeof stated[name] === "number" ? [{ name, value: stated[name] }] : [],
  );
  const [first, ...others] = values;
  const other = others.find(({ value }) => value !== first?.value);
  if (first === undefined || other === undefined) return first?.value;
  const param = at === "" ? other.name : `${at}.${other.name}`;
  throw new TokenHubError(
    "invalid_request",
    `Routing wish \`${param}\` differs from \`${first.name}\`, but both mean the same. Keep one of them.`,
    { param },
  );
}
