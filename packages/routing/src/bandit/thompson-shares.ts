import { meanReward, prior, type Belief } from "./belief.ts";
import { sampleBeta } from "./sample-beta.ts";

/**
 * How often `thompson` would choose each of some candidates: the propensities that `replayIps` needs of a logged decision,
 * and a policy to evaluate with it. The best mean has `1 - explorationShare` for certain; the rest goes to each by its
 * chance of drawing the highest value, counted over a number of draws. Shares sum to 1.
 * @param candidates in the order of ties: heaviest first.
 */
export function thompsonShares(
  candidates: readonly string[],
  settings: {
    readonly beliefs: ReadonlyMap<string, Belief>;
    readonly explorationShare: number;
    readonly draws: number;
    readonly random: () => number;
  },
): Map<string, number> {
  const { beliefs, explorationShare, draws, random } = settings;
  const shares = new Map(candidates.map((candidate) => [candidate, 0]));
  const beliefOf = (candidate: string): Belief => beliefs.get(candidate) ?? prior;
  const add = (candidate: string | undefined, share: number): void => {
    if (candidate !== undefined) shares.set(candidate, (shares.get(candidate) ?? 0) + share);
  };
  add(
    firstWithHighest(candidates, (candidate) => meanReward(beliefOf(candidate))),
    1 - explorationShare,
  );
  for (let draw = 0; draw < draws; draw++) {
    const winner = firstWithHighest(candidates, (candidate) => sampleBeta(beliefOf(candidate), random));
    add(winner, explorationShare / draws);
  }
  return shares;
}

function firstWithHighest(
  candidates: readonly string[],
  valueOf: (candidate: string) => number,
): string | undefined {
  let first: string | undefined;
  let highest = -Infinity;
  for (const candidate of candidates) {
    const value = valueOf(candidate);
    if (value > highest) {
      highest = value;
      first = candidate;
    }
  }
  return first;
}
