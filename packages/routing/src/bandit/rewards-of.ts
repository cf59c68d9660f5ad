import type {
  CallAttempt,
  FailureClass,
  FinishReason,
  Operation,
  RequestFinishedFact,
  RoutingMode,
  Strategy,
  TokenBucket,
} from "@tokenhub/contracts";
import { rewardOf } from "./reward.ts";
import { tokenBucketOf } from "./token-bucket.ts";

/** One attempt as the bandit learns from it: context, action and reward. */
export interface RewardRecord {
  readonly requestId: string;
  /** Position among the request's attempts. */
  readonly attempt: number;
  readonly tenantId: string;
  // Context.
  readonly operation: Operation;
  readonly estimatedInputTokens: number;
  readonly tokenBucket: TokenBucket;
  readonly latencyBudgetMs: number | null;
  /** Null when the request ended without a decision. */
  readonly strategy: Strategy | null;
  readonly mode: RoutingMode | null;
  // Action.
  readonly modelId: string;
  readonly providerId: string;
  /** True when the choice was a trial; only of the attempt of the decision that the result tells. */
  readonly explored: boolean;
  // Outcome.
  readonly succeeded: boolean;
  readonly failureClass: FailureClass | null;
  readonly latencyMs: number;
  /** Null for a failed attempt, and when usage or price is unknown. */
  readonly costUsd: number | null;
  /** 0..1; null when the attempt says nothing about the model: see `saysNothing`. */
  readonly reward: number | null;
  /** Unix milliseconds of the attempt's end. */
  readonly atMs: number;
}

/** Failures that are the caller's doing, or whose cause is not the model: no reward, good or bad, is booked for them. */
const saysNothing: readonly FailureClass[] = ["bad_request", "cancelled"];

/** How good an answer is taken to be by the way it ended, until someone says better. */
const qualityByFinish: Readonly<Record<FinishReason, number>> = {
  stop: 1,
  tool_calls: 1,
  pause: 1,
  length: 0.5,
  other: 0.5,
  content_filter: 0,
};

/**
 * One record per attempt of a request, in their order. A failed attempt has reward 0 and is booked to the model that failed,
 * not to the one that answered in the end; the answer is booked with its cost, its latency and its quality. An attempt
 * without a call (its breaker was open), a refused request and a cancelled one have no reward at all.
 *
 * The latency of a stream is the time to its first token: its length is the caller's choice.
 * @param quality what is known about the answer's quality, 0..1 (a thumb, a critic's score); else its finish reason tells.
 */
export function rewardsOf(
  fact: RequestFinishedFact,
  { quality }: { readonly quality?: number } = {},
): RewardRecord[] {
  return fact.result.attempts.map((attempt, position) => {
    const latencyMs = latencyOf(attempt, fact);
    return {
      requestId: fact.result.requestId,
      attempt: position,
      tenantId: fact.tenantId,
      operation: fact.operation,
      estimatedInputTokens: fact.estimatedInputTokens,
      tokenBucket: tokenBucketOf(fact.estimatedInputTokens),
      latencyBudgetMs: fact.maxLatencyMs,
      strategy: fact.result.decision?.strategy ?? null,
      mode: fact.result.decision?.mode ?? null,
      modelId: attempt.modelId,
      providerId: attempt.providerId,
      explored: wasExplored(attempt, fact),
      succeeded: attempt.failure === null,
      failureClass: attempt.failure?.class ?? null,
      latencyMs,
      costUsd: attempt.failure === null ? fact.result.costUsd : null,
      reward: rewardFor(attempt, { fact, latencyMs, quality }),
      atMs: attempt.startedAtMs + attempt.durationMs,
    };
  });
}

function rewardFor(
  attempt: CallAttempt,
  seen: { fact: RequestFinishedFact; latencyMs: number; quality: number | undefined },
): number | null {
  const { result, maxLatencyMs } = seen.fact;
  if (attempt.failure !== null) {
    return !attempt.called || saysNothing.includes(attempt.failure.class) ? null : 0;
  }
  const finish = result.finishReason?.unified;
  return rewardOf({
    costUsd: result.costUsd,
    latencyMs: seen.latencyMs,
    latencyBudgetMs: maxLatencyMs,
    quality: seen.quality ?? (finish === undefined ? 1 : qualityByFinish[finish]),
  });
}

function latencyOf(attempt: CallAttempt, { result, acceptedAtMs }: RequestFinishedFact): number {
  const { timeToFirstTokenMs } = result;
  if (attempt.failure !== null || !result.stream || timeToFirstTokenMs === null) return attempt.durationMs;
  return Math.max(0, acceptedAtMs + timeToFirstTokenMs - attempt.startedAtMs);
}

function wasExplored(attempt: CallAttempt, { result }: RequestFinishedFact): boolean {
  const { decision } = result;
  return decision?.explored === true && decision.chosen.modelId === attempt.modelId && attempt.round === 0;
}
