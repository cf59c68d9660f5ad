import type { RewardEntry } from "@tokenhub/persistence";
import { timeText, usdOf } from "../../fields.ts";

export function presentReward(entry: RewardEntry) {
  return {
    id: `${entry.eventId}.${entry.attemptIndex}`,
    timestamp: timeText(entry.timestampMs),
    request_id: entry.requestId,
    attempt: entry.attemptIndex,
    tenant_id: entry.tenantId,
    api_key_id: entry.keyId,
    model_id: entry.modelId,
    provider_id: entry.providerId,
    strategy: entry.strategy,
    mode: entry.mode,
    estimated_tokens: entry.estimatedTokens,
    token_bucket: entry.tokenBucket,
    latency_budget_ms: entry.latencyBudgetMs,
    latency_ms: entry.latencyMs,
    cost_usd: usdOf(entry.costNanoUsd),
    success: entry.succeeded,
    error_class: entry.errorClass,
    explored: entry.explored,
    propensity: entry.propensity,
    quality: entry.quality,
    reward: entry.reward,
  };
}
