/** A Beta(alpha, beta) belief about a reward between 0 and 1. */
export interface Belief {
  readonly alpha: number;
  readonly beta: number;
}

/** Nothing is known: every reward is as likely as any other. */
export const prior: Belief = Object.freeze({ alpha: 1, beta: 1 });

/** The reward to expect. */
export function meanReward(belief: Belief): number {
  return belief.alpha / (belief.alpha + belief.beta);
}
