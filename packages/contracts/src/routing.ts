import { z } from "zod";
import { failureClassSchema } from "./failure.ts";
import { operationSchema, wireFormatSchema } from "./operation.ts";
import { capabilitySchema } from "./catalogue.ts";

/** Selection strategies (requirements C14). */
export const strategySchema = z.enum([
  "objective",
  "highest_weight",
  "weight_minus_cost",
  "cheapest",
  "thompson",
]);
export type Strategy = z.infer<typeof strategySchema>;

/** Modes of the `objective` strategy: each is one set of weights. */
export const routingModeSchema = z.enum(["normal", "cheap", "high_confidence", "planning", "adversarial"]);
export type RoutingMode = z.infer<typeof routingModeSchema>;

/** Limits and wishes a caller may send with a request; every limit is hard. */
export const routingPolicySchema = z.object({
  strategy: strategySchema.default("objective"),
  mode: routingModeSchema.default("normal"),
  /** US dollars per 1,000 tokens, held against the higher of a model's two prices. */
  maxCostPer1kUsd: z.number().nonnegative().nullable().default(null),
  /** US dollars this one request may cost by its estimate; a model of unknown price does not pass. */
  maxBudgetUsd: z.number().nonnegative().nullable().default(null),
  /** Milliseconds an answer may take: slower models do not pass, and the request's deadline is no later. */
  maxLatencyMs: z.number().positive().nullable().default(null),
  minContextTokens: z.number().int().nonnegative().nullable().default(null),
  minWeight: z.number().nonnegative().nullable().default(null),
  /** A named model is the only candidate unless this is true; ignored when no model is named. */
  allowFallback: z.boolean().default(false),
  /** False: the first failure is returned, whatever it is; nothing else is tried. True widens nothing: a named model stays alone. */
  allowEscalation: z.boolean().default(true),
  /** False: `thompson` takes the best known model and tries nothing out, for requests where a worse answer costs much. */
  allowExploration: z.boolean().default(true),
  /** Largest share of `thompson` decisions that may try another than the best known model. The installation's, not the caller's. */
  explorationShare: z.number().min(0).max(1).default(0.2),
  /** Softmax temperature of `objective`; 0: always the best. The installation's, not the caller's. */
  explorationTemperature: z.number().nonnegative().default(0),
});
export type RoutingPolicy = z.infer<typeof routingPolicySchema>;

/** How a call is to differ from others of the same orchestration where there is a choice; never a reason to refuse. */
export const routingSpreadSchema = z.object({
  avoidModelIds: z.array(z.string()),
  avoidProviderIds: z.array(z.string()),
  /** Take the n-th of the candidates that differ from each other, 0 the best. */
  rank: z.number().int().nonnegative(),
  /** How many such calls run side by side, as far as it is known; the first choice of another is then the last fallback. */
  ranks: z.number().int().positive().optional(),
});
export type RoutingSpread = z.infer<typeof routingSpreadSchema>;

/** All that the router knows of a request. It never sees a prompt. */
export const routingFeaturesSchema = z.object({
  operation: operationSchema,
  /** The caller's format. */
  wireFormat: wireFormatSchema,
  stream: z.boolean(),
  /** Model id or alias; null when the server picks. */
  requestedModel: z.string().nullable(),
  estimatedInputTokens: z.number().int().nonnegative(),
  maxOutputTokens: z.number().int().nonnegative().nullable(),
  /** Chat features the request cannot do without. */
  needs: z.array(capabilitySchema),
  /** Model ids the caller's key admits; null: all. */
  allowedModelIds: z.array(z.string()).nullable(),
  policy: routingPolicySchema,
  /** Only for calls of an orchestration, to make them differ from each other; ignored when a model is named. */
  spread: routingSpreadSchema.optional(),
});
export type RoutingFeatures = z.infer<typeof routingFeaturesSchema>;

/** A candidate that has already failed for this request, and how. */
export const excludedCandidateSchema = z.object({
  modelId: z.string(),
  providerId: z.string(),
  failureClass: failureClassSchema,
  /** True when every model of the provider is out (auth, quota, outage), false when only this model is. */
  wholeProvider: z.boolean(),
  /** The model's context window when it overflowed, so that only larger ones follow; null otherwise. */
  overflowedContextTokens: z.number().int().nonnegative().nullable(),
});
export type ExcludedCandidate = z.infer<typeof excludedCandidateSchema>;

export const skipReasonSchema = z.enum([
  "not_named",
  "disabled",
  "provider_disabled",
  "provider_missing",
  "operation_not_served",
  "capability_missing",
  "context_too_small",
  "price_above_limit",
  "price_unknown",
  "weight_below_limit",
  "budget_exceeded",
  "latency_above_limit",
  "not_allowed_for_key",
  "breaker_open",
  "provider_cooling_down",
  "already_failed",
  "mock_only_when_alone",
  "escalation_needs_larger_context",
  "escalation_not_allowed",
]);
export type SkipReason = z.infer<typeof skipReasonSchema>;

export const consideredCandidateSchema = z.object({
  modelId: z.string(),
  providerId: z.string(),
  outcome: z.enum(["chosen", "fallback", "skipped"]),
  /** Lower is better for `objective` and `cheapest`, higher for the other strategies; null when skipped before scoring. */
  score: z.number().nullable(),
  /** What the request would cost there in US dollars; null when the price is unknown or it was skipped unseen. */
  estimatedCostUsd: z.number().nonnegative().nullable(),
  skipReason: skipReasonSchema.nullable(),
  /** One sentence for a person, e.g. `needs 9000 tokens, context is 8192`. */
  detail: z.string(),
});
export type ConsideredCandidate = z.infer<typeof consideredCandidateSchema>;

export const routingDecisionSchema = z.object({
  strategy: strategySchema,
  mode: routingModeSchema,
  catalogueVersion: z.number().int().nonnegative(),
  chosen: z.object({ modelId: z.string(), providerId: z.string() }),
  /** What the request is expected to cost at the chosen model, in US dollars; null when its price is unknown. */
  estimatedCostUsd: z.number().nonnegative().nullable(),
  /** The alias the request named; null when it named a model or nothing. */
  aliasId: z.string().nullable(),
  /** True when the choice was a trial that the best known estimate would not have made. */
  explored: z.boolean(),
  /** Best first; the chosen candidate is not among them. */
  fallbacks: z.array(z.object({ modelId: z.string(), providerId: z.string() })),
  /** Short, header-safe, e.g. `named`, `alias:fast`, `objective/normal score=-0.125 of 4`, `fallback after rate_limited`. */
  reason: z.string(),
  /** Every candidate when there are at most 256; beyond that the taken ones and the first skipped ones. `not_named` is only counted. */
  considered: z.array(consideredCandidateSchema),
  /** How many candidates were skipped for each reason; complete whatever the catalogue's size. */
  skippedByReason: z.partialRecord(skipReasonSchema, z.number().int().positive()),
});
export type RoutingDecision = z.infer<typeof routingDecisionSchema>;

/** Why no model could take a request: what a decision would have held, without a choice. */
export const routingRefusalSchema = routingDecisionSchema.pick({
  strategy: true,
  mode: true,
  catalogueVersion: true,
  considered: true,
  skippedByReason: true,
});
export type RoutingRefusal = z.infer<typeof routingRefusalSchema>;
