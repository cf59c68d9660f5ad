/** One logged decision with what came of it. */
export interface LoggedChoice<Context> {
  readonly context: Context;
  /** Ids of the models that could have been chosen. */
  readonly candidates: readonly string[];
  readonly chosen: string;
  /** Probability, above 0, with which the policy of that time made this choice. */
  readonly propensity: number;
  readonly reward: number;
}

/** A policy to evaluate: the probability of each candidate; a candidate that is absent has 0. */
export type ReplayPolicy<Context> = (
  row: Pick<LoggedChoice<Context>, "context" | "candidates">,
) => ReadonlyMap<string, number>;

export interface ReplayEstimate {
  /** The reward per request that the policy would have earned. */
  readonly value: number;
  readonly standardError: number;
  readonly rows: number;
  /** How many equally weighted rows the estimate is worth; far below `rows`, the log says little about the policy. */
  readonly effectiveRows: number;
}

export interface ReplayOptions {
  /** Upper bound of a row's weight: less variance for some bias. Default: none. */
  readonly weightLimit?: number;
}

/**
 * What a policy would have earned, from the log of another one: each reward weighs
 * `policy's probability of the logged choice / probability it was logged with` (inverse propensity scoring). Unbiased when
 * the log gave every choice of the policy a chance. NaN without rows.
 */
export function replayIps<Context>(
  rows: readonly LoggedChoice<Context>[],
  policy: ReplayPolicy<Context>,
  options: ReplayOptions = {},
): ReplayEstimate {
  const weights = rows.map((row) => weightOf(row, policy(row), options));
  return estimate(
    rows.map((row, at) => (weights[at] ?? 0) * row.reward),
    weights,
  );
}

/**
 * The same with a model of the rewards: what the model predicts for the policy's choices, corrected by the weighed error
 * on the logged one. Right when either the propensities or the predictions are, and steadier than `replayIps` when the
 * predictions are fair.
 */
export function replayDoublyRobust<Context>(
  rows: readonly LoggedChoice<Context>[],
  policy: ReplayPolicy<Context>,
  { predict, ...options }: ReplayOptions & { predict: (context: Context, modelId: string) => number },
): ReplayEstimate {
  const weights: number[] = [];
  const terms = rows.map((row) => {
    const shares = policy(row);
    const weight = weightOf(row, shares, options);
    weights.push(weight);
    let predicted = 0;
    for (const candidate of row.candidates) {
      predicted += (shares.get(candidate) ?? 0) * predict(row.context, candidate);
    }
    return predicted + weight * (row.reward - predict(row.context, row.chosen));
  });
  return estimate(terms, weights);
}

function weightOf(
  row: Pick<LoggedChoice<unknown>, "chosen" | "propensity">,
  shares: ReadonlyMap<string, number>,
  { weightLimit = Infinity }: ReplayOptions,
): number {
  return Math.min((shares.get(row.chosen) ?? 0) / row.propensity, weightLimit);
}

function estimate(terms: readonly number[], weights: readonly number[]): ReplayEstimate {
  const rows = terms.length;
  const value = sum(terms) / rows;
  const variance = sum(terms.map((term) => (term - value) ** 2)) / Math.max(1, rows - 1);
  const squares = sum(weights.map((weight) => weight ** 2));
  return {
    value,
    standardError: Math.sqrt(variance / rows),
    rows,
    effectiveRows: squares === 0 ? 0 : sum(weights) ** 2 / squares,
  };
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
