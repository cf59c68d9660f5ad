import type { TokenBucket } from "@tokenhub/contracts";
import {
  meanReward,
  prior,
  thompsonShares,
  type ArmIndex,
  type Belief,
  type CatalogueIndex,
  type ReplayPolicy,
} from "@tokenhub/routing";

/** What a policy may know of a logged choice. */
export interface ChoiceContext {
  readonly tokenBucket: TokenBucket;
  /** US dollars by model id; null: unknown. */
  readonly estimatedCosts: ReadonlyMap<string, number | null>;
}

export const policyNames = ["greedy", "thompson", "uniform", "cheapest", "highest_weight"] as const;

/** A policy to evaluate: one of the names, or always one model where it is a candidate. */
export type CandidatePolicy = (typeof policyNames)[number] | { readonly modelId: string };

export interface PolicyKnowledge {
  readonly arms: ArmIndex;
  readonly catalogue: CatalogueIndex;
  readonly explorationShare: number;
  readonly random: () => number;
}

const draws = 100;

/**
 * The probabilities a policy gives to the candidates of a logged choice, by what is known now:
 *
 * | policy             | chooses                                                                |
 * |--------------------|------------------------------------------------------------------------|
 * | `greedy`           | the best mean of the arms                                              |
 * | `thompson`         | as the strategy does, with this installation's share of exploration    |
 * | `uniform`          | each with the same probability                                         |
 * | `cheapest`         | the lowest estimated cost; an unknown cost is no cost                  |
 * | `highest_weight`   | the highest weight in the catalogue                                    |
 * | a model            | this model; where it is no candidate, each with the same probability   |
 */
export function createPolicy(
  policy: CandidatePolicy,
  knowledge: PolicyKnowledge,
): ReplayPolicy<ChoiceContext> {
  const { arms, catalogue, explorationShare, random } = knowledge;
  if (typeof policy === "object") {
    const { modelId } = policy;
    return ({ candidates }) => (candidates.includes(modelId) ? new Map([[modelId, 1]]) : evenly(candidates));
  }
  const beliefsOf = (context: ChoiceContext): ReadonlyMap<string, Belief> =>
    arms.get(context.tokenBucket) ?? new Map<string, Belief>();
  switch (policy) {
    case "uniform":
      return ({ candidates }) => evenly(candidates);
    case "greedy":
      return ({ context, candidates }) => {
        const beliefs = beliefsOf(context);
        return best(candidates, (id) => meanReward(beliefs.get(id) ?? prior));
      };
    case "cheapest":
      return ({ context, candidates }) =>
        best(candidates, (id) => -(context.estimatedCosts.get(id) ?? Number.POSITIVE_INFINITY));
    case "highest_weight":
      return ({ candidates }) => best(candidates, (id) => catalogue.entryById.get(id)?.weight ?? -1);
    case "thompson":
      return remembering(({ context, candidates }) =>
        thompsonShares(candidates, { beliefs: beliefsOf(context), explorationShare, draws, random }),
      );
  }
}

/** Shares depend on size and candidates alone, which repeat from row to row. */
function remembering(policy: ReplayPolicy<ChoiceContext>): ReplayPolicy<ChoiceContext> {
  const known = new Map<string, ReadonlyMap<string, number>>();
  return (row) => {
    const key = JSON.stringify([row.context.tokenBucket, row.candidates]);
    const shares = known.get(key) ?? policy(row);
    known.set(key, shares);
    return shares;
  };
}

function evenly(candidates: readonly string[]): ReadonlyMap<string, number> {
  return new Map(candidates.map((id) => [id, 1 / candidates.length]));
}

function best(candidates: readonly string[], valueOf: (id: string) => number): ReadonlyMap<string, number> {
  let winner: string | undefined;
  let highest = Number.NEGATIVE_INFINITY;
  for (const id of candidates) {
    const value = valueOf(id);
    if (winner !== undefined && value <= highest) continue;
    winner = id;
    highest = value;
  }
  return new Map(winner === undefined ? [] : [[winner, 1]]);
}
