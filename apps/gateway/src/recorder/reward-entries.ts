import type { RequestFinishedFact } from "@tokenhub/contracts";
import type { RewardEntry } from "@tokenhub/persistence";
import { rewardsOf } from "@tokenhub/routing";
import type { PropensityOf } from "../bandit/propensity.ts";

/**
 * The rows of the reward log for one request: one per attempt that says something about its model. Only the first attempt
 * was chosen among all candidates, so only it has a propensity.
 */
export function rewardEntriesOf(
  fact: RequestFinishedFact,
  { propensityOf }: { readonly propensityOf: PropensityOf },
): RewardEntry[] {
  return rewardsOf(fact).flatMap((record): RewardEntry[] => {
    if (record.reward === null) return [];
    return [
      {
        eventId: fact.eventId,
        attemptIndex: record.attempt,
        timestampMs: record.atMs,
        requestId: record.requestId,
        tenantId: record.tenantId,
        keyId: fact.keyId,
        modelId: record.modelId,
        providerId: record.providerId,
        strategy: record.strategy,
        mode: record.mode,
        estimatedTokens: record.estimatedInputTokens,
        tokenBucket: record.tokenBucket,
        latencyBudgetMs: record.latencyBudgetMs,
        latencyMs: record.latencyMs,
        costNanoUsd: record.costUsd === null ? null : Math.round(record.costUsd * 1e9),
        succeeded: record.succeeded,
        errorClass: record.failureClass,
        explored: record.explored,
        propensity: record.attempt === 0 ? propensityOf(fact) : null,
        quality: null,
        reward: record.reward,
      },
    ];
  });
}
