/** Cost in US dollars from which on an answer earns nothing for being cheap. */
const costCeilingUsd = 0.1;
/** The shortest yardstick for a latency, in milliseconds. */
const shortestBudgetMs = 1_000;

export interface AnswerMeasures {
  /** Null when unknown, which counts as the ceiling: not knowing is never an advantage. */
  readonly costUsd: number | null;
  readonly latencyMs: number;
  /** The latency the caller allowed; null when they did not say. */
  readonly latencyBudgetMs: number | null;
  /** How good the answer is taken to be, 0..1. */
  readonly quality: number;
}

/**
 * The reward of an answer, 0..1 (an attempt without an answer has 0):
 *
 *     0.3 * (1 - min(cost / 0.1, 1)) + 0.3 * (1 - min(latency / max(budget, 1000), 1)) + 0.4 * quality
 *
 * | cost USD | latency       | quality | reward |
 * |----------|---------------|---------|--------|
 * | 0        | 0             | 1       | 1.0    |
 * | 0.05     | half the budget | 1     | 0.7    |
 * | >= 0.1   | >= the budget | 1       | 0.4    |
 */
export function rewardOf({ costUsd, latencyMs, latencyBudgetMs, quality }: AnswerMeasures): number {
  const costShare = Math.min((costUsd ?? costCeilingUsd) / costCeilingUsd, 1);
  const latencyShare = Math.min(latencyMs / Math.max(latencyBudgetMs ?? 0, shortestBudgetMs), 1);
  return 0.3 * (1 - costShare) + 0.3 * (1 - latencyShare) + 0.4 * quality;
}
