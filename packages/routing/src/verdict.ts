import type { SkipReason } from "@tokenhub/contracts";

/**
 * What screening found about a model: one small number per model, so that sentences are built only for the candidates that
 * a decision lists. The first three may take the request. The order is that of the checks.
 */
export const verdict = {
  eligible: 0,
  /** Its provider's breaker has been open long enough for one trial call: placed last. */
  trial: 1,
  /** Its provider asked for a pause, but nothing else is left. */
  lastResort: 2,
  /** Its provider asked for a pause; skipped unless nothing else is left. */
  coolingDown: 3,
  notNamed: 4,
  disabled: 5,
  providerMissing: 6,
  providerDisabled: 7,
  notAllowedForKey: 8,
  operationNotServed: 9,
  capabilityMissing: 10,
  contextTooSmall: 11,
  priceUnknown: 12,
  priceAboveLimit: 13,
  budgetExceeded: 14,
  weightBelowLimit: 15,
  contextBelowMinimum: 16,
  latencyAboveLimit: 17,
  breakerOpen: 18,
  alreadyFailed: 19,
  escalationNotAllowed: 20,
  escalationNeedsLargerContext: 21,
  mockOnlyWhenAlone: 22,
} as const;
export type Verdict = (typeof verdict)[keyof typeof verdict];

export const verdictCount = 23;

const skipReasons: Readonly<Record<number, SkipReason>> = {
  [verdict.coolingDown]: "provider_cooling_down",
  [verdict.notNamed]: "not_named",
  [verdict.disabled]: "disabled",
  [verdict.providerMissing]: "provider_missing",
  [verdict.providerDisabled]: "provider_disabled",
  [verdict.notAllowedForKey]: "not_allowed_for_key",
  [verdict.operationNotServed]: "operation_not_served",
  [verdict.capabilityMissing]: "capability_missing",
  [verdict.contextTooSmall]: "context_too_small",
  [verdict.priceUnknown]: "price_unknown",
  [verdict.priceAboveLimit]: "price_above_limit",
  [verdict.budgetExceeded]: "budget_exceeded",
  [verdict.weightBelowLimit]: "weight_below_limit",
  [verdict.contextBelowMinimum]: "context_too_small",
  [verdict.latencyAboveLimit]: "latency_above_limit",
  [verdict.breakerOpen]: "breaker_open",
  [verdict.alreadyFailed]: "already_failed",
  [verdict.escalationNotAllowed]: "escalation_not_allowed",
  [verdict.escalationNeedsLargerContext]: "escalation_needs_larger_context",
  [verdict.mockOnlyWhenAlone]: "mock_only_when_alone",
};

/** The contract's reason for a verdict; null when the model may take the request. */
export function skipReasonOf(found: number): SkipReason | null {
  return skipReasons[found] ?? null;
}
