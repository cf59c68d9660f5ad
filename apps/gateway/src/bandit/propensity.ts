import type { ConsideredCandidate, RequestFinishedFact, TokenBucket } from "@tokenhub/contracts";
import {
  softmaxShares,
  thompsonShares,
  tokenBucketOf,
  type ArmIndex,
  type CatalogueIndex,
} from "@tokenhub/routing";
import { LRUCache } from "lru-cache";

/** The probability with which the router made the first choice of a request; null when it cannot be told. */
export type PropensityOf = (fact: RequestFinishedFact) => number | null;

export interface PropensityOptions {
  readonly arms: () => ArmIndex;
  readonly catalogue: () => CatalogueIndex;
  /** As the routers are set. */
  readonly explorationShare: () => number;
  readonly explorationTemperature: () => number;
  readonly random: () => number;
}

/** Draws that an estimate of Thompson's shares is made of. */
const draws = 200;
/** With more candidates the estimate would cost more than it says. */
const mostCandidates = 32;
const rememberedShares = 256;

/**
 * Works out propensities when requests are recorded, from what the routers knew a moment before:
 *
 * | choice                                     | propensity                                   |
 * |--------------------------------------------|----------------------------------------------|
 * | a named model; a strategy without chance   | 1                                            |
 * | an alias that draws                        | the variant's share of the weights           |
 * | `objective` under a temperature            | the rank's share under the softmax           |
 * | `thompson`                                 | the share by the arms as published           |
 */
export function createPropensities(options: PropensityOptions): PropensityOf {
  const thompson = rememberShares(options);
  return (fact) => {
    const choice = firstChoiceOf(fact);
    if (choice === null) return null;
    const { decision, candidates, chosen } = choice;
    const share = aliasShare(options.catalogue(), { aliasId: decision.aliasId, candidates, chosen });
    if (share.kind === "drawn") return share.propensity;
    const isNamed = fact.requestedModel !== null && decision.aliasId === null;
    if (isNamed || candidates.length < 2) return 1;
    switch (decision.strategy) {
      case "thompson":
        return thompson(tokenBucketOf(fact.estimatedInputTokens), candidates).get(chosen) ?? null;
      case "objective": {
        const byScore = candidates.toSorted((left, right) => (left.score ?? 0) - (right.score ?? 0));
        const rank = byScore.findIndex(({ modelId }) => modelId === chosen);
        return softmaxShares(byScore.length, options.explorationTemperature())[rank] ?? null;
      }
      case "highest_weight":
      case "weight_minus_cost":
      case "cheapest":
        return 1;
    }
  };
}

/** What the router chose first, and among which candidates; null when the record does not say. */
function firstChoiceOf({ result }: Pick<RequestFinishedFact, "result">) {
  const { decision, attempts } = result;
  const chosen = attempts[0]?.modelId;
  if (decision === null || chosen === undefined) return null;
  const candidates = candidatesOf(decision.considered);
  return candidates.some(({ modelId }) => modelId === chosen) ? { decision, candidates, chosen } : null;
}

/** Who could have been chosen first: those of a later decision, and those that had failed before it. */
function candidatesOf<Candidate extends Pick<ConsideredCandidate, "outcome" | "skipReason">>(
  considered: readonly Candidate[],
): Candidate[] {
  return considered.filter(
    ({ outcome, skipReason }) => outcome !== "skipped" || skipReason === "already_failed",
  );
}

function aliasShare(
  catalogue: CatalogueIndex,
  {
    aliasId,
    candidates,
    chosen,
  }: {
    readonly aliasId: string | null;
    readonly candidates: readonly ConsideredCandidate[];
    readonly chosen: string;
  },
): { readonly kind: "drawn"; readonly propensity: number | null } | { readonly kind: "scored" } {
  if (aliasId === null) return { kind: "scored" };
  const alias = catalogue.aliases.get(aliasId);
  if (alias === undefined) return { kind: "drawn", propensity: null };
  if (alias.stickyBy === "scored") return { kind: "scored" };
  const total = alias.variants.reduce((sum, { weight }) => sum + weight, 0);
  const variant = alias.variants.find(({ entry }) => entry.model.id === chosen);
  // When a variant was out, its share fell to the others in a way the record does not tell.
  const wereAllIn = alias.variants.every(({ entry }) =>
    candidates.some(({ modelId }) => modelId === entry.model.id),
  );
  return { kind: "drawn", propensity: variant === undefined || !wereAllIn ? null : variant.weight / total };
}

/** The shares of like requests under the same arms are worked out once. */
function rememberShares({ arms, explorationShare, random }: PropensityOptions) {
  const remembered = new LRUCache<string, ReadonlyMap<string, number>>({ max: rememberedShares });
  let rememberedArms: ArmIndex | null = null;
  return (bucket: TokenBucket, candidates: readonly ConsideredCandidate[]): ReadonlyMap<string, number> => {
    if (candidates.length > mostCandidates) return new Map();
    const known = arms();
    if (known !== rememberedArms) remembered.clear();
    rememberedArms = known;
    // By score, because a trial stands first and is not the best.
    const byScore = candidates.toSorted((left, right) => (right.score ?? 0) - (left.score ?? 0));
    const ids = byScore.map(({ modelId }) => modelId);
    const key = JSON.stringify([bucket, explorationShare(), ids]);
    const found = remembered.get(key);
    if (found !== undefined) return found;
    const shares = thompsonShares(ids, {
      beliefs: known.get(bucket) ?? new Map(),
      explorationShare: explorationShare(),
      draws,
      random,
    });
    remembered.set(key, shares);
    return shares;
  };
}
