import { z } from "zod";
import { failureClassSchema } from "./failure.ts";
import { operationSchema, wireFormatSchema } from "./operation.ts";
import { capabilitySchema } from "./catalogue.ts";

/** Selection strategies (requirements C14). */
export const strategySchema = z.enum(["objective", "highest_weight", "weight_minus_cost", "cheapest"]);
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
  minContextTokens: z.number().int().nonnegative().nullable().default(null),
  minWeight: z.number().nonnegative().nullable().default(null),
  /** A named model is the only candidate unless this is true; ignored when no model is named. */
  allowFallback: z.boolean().default(false),
  /** Whether an overflow may move to a model with a larger context when no model is named or fallback is allowed. */
  allowEscalation: z.boolean().default(true),
});
export type RoutingPolicy = z.infer<typeof routingPolicySchema>;

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
  policy: routingPolicySchema,
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
  "breaker_open",
  "provider_cooling_down",
  "already_failed",
  "mock_only_when_alone",
  "escalation_needs_larger_context",
]);
export type SkipReason = z.infer<typeof skipReasonSchema>;

export const consideredCandidateSchema = z.object({
  modelId: z.string(),
  providerId: z.string(),
  outcome: z.enum(["chosen", "fallback", "skipped"]),
  /** Lower is better for `objective` and `cheapest`, higher for the other strategies; null when skipped before scoring. */
  score: z.number().nullable(),
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
