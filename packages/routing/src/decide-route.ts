import type {
  CallFailure,
  ConsideredCandidate,
  ExcludedCandidate,
  ProviderHealth,
  RoutingDecision,
  RoutingFeatures,
  RoutingRefusal,
  RoutingSpread,
} from "@tokenhub/contracts";
import { noArms, type ArmIndex } from "./bandit/arm-index.ts";
import type { CatalogueIndex } from "./catalogue-index.ts";
import { gatherExclusions } from "./exclusions.ts";
import { favouriteOf, type DrawInput } from "./favourite-of.ts";
import { headerText } from "./header-text.ts";
import { countByReason, listConsidered, type Ranking } from "./list-considered.ts";
import { moveToFront, orderCandidates } from "./order-candidates.ts";
import { refuseRoute } from "./refuse-route.ts";
import { resolveTarget, type RoutingTarget } from "./resolve-target.ts";
import { sceneOf, screenModels, type Scene, type Screening } from "./screen-models.ts";
import { spreadCandidates } from "./spread-candidates.ts";
import { strategies } from "./strategies/strategies.ts";
import { skipReasonOf, verdict } from "./verdict.ts";

export interface RoutingInput extends DrawInput {
  /** From `indexCatalogue`, built once per catalogue version. */
  readonly catalogue: CatalogueIndex;
  readonly features: RoutingFeatures;
  /** Candidates that have failed for this request, oldest first. */
  readonly excluded: readonly ExcludedCandidate[];
  /** By provider id; a provider without an entry is taken for healthy. */
  readonly health: ReadonlyMap<string, ProviderHealth>;
  readonly nowMs: number;
  /** Uniform in [0, 1); used for exploration only. */
  readonly random: () => number;
  /** From `indexArms`: what `thompson` knows; nothing unless given. */
  readonly arms?: ArmIndex;
}

export type RoutingOutcome =
  | { readonly kind: "decided"; readonly decision: RoutingDecision }
  | ({ readonly kind: "refused"; readonly failure: CallFailure } & Readonly<RoutingRefusal>);

/**
 * Chooses the model for a request and the order of its fallbacks, or says why there is none. Real requests and what-if
 * questions take this same path.
 *
 * 1. The name is resolved (`resolveTarget`). A named model is the only candidate unless `policy.allowFallback`, when it is
 *    the first one; an alias admits its models only; without a name every model is a candidate.
 * 2. Each model is screened (`screenModels`); limits are hard, and no fallback, trial or last resort breaks them.
 * 3. What is left is scored by the request's strategy and put in order (`orderCandidates`); an alias that draws by weight
 *    has its drawn variant first (`favouriteOf`), and a strategy that explores may try another one than the best.
 * 4. A call that is to differ from others takes its place among the candidates (`spreadCandidates`), unless it names a model;
 *    it is neither drawn nor a trial then, which could not keep several calls apart.
 *
 * The result depends on the arguments alone, not on the order of the catalogue. Every model is accounted for: the chosen
 * one, the fallbacks and the counts of `skippedByReason` add up to the catalogue. The references in `chosen` and
 * `fallbacks` are frozen and shared between decisions.
 */
export function decideRoute(input: RoutingInput): RoutingOutcome {
  const { catalogue, features } = input;
  const target = targetOf(input);
  const exclusions = gatherExclusions(catalogue, input.excluded);
  const spread = target.kind === "model" ? null : (features.spread ?? null);
  const favourite =
    spread === null ? favouriteOf(target, { ...drawOf(input), isFirstRound: exclusions === null }) : null;
  const scene = sceneOf(input, { target, favourite, spread, exclusions });
  const screening = screenModels(scene);
  const ranking = rank(screening, { scene, input });
  const story = {
    strategy: features.policy.strategy,
    mode: features.policy.mode,
    catalogueVersion: catalogue.version,
    considered: listConsidered(screening, { scene, ranking }),
    skippedByReason: countByReason(screening, ranking),
  };
  const references = referencesOf(screening, ranking);
  const chosen = references[0];
  if (chosen === undefined) {
    const { skippedByReason } = story;
    return { kind: "refused", failure: refuseRoute(screening, { scene, skippedByReason }), ...story };
  }
  return {
    kind: "decided",
    decision: {
      ...story,
      chosen,
      estimatedCostUsd: story.considered[0]?.estimatedCostUsd ?? null,
      aliasId: target.kind === "alias" ? target.alias.id : null,
      explored: ranking.explored,
      fallbacks: references.slice(1),
      reason: reasonOf({ scene, screening, ranking, features, first: story.considered[0] }),
    },
  };
}

/** A name that was known when the request was accepted may be gone in a later round; who allows fallbacks gets one then. */
function targetOf({ catalogue, features, excluded }: RoutingInput): RoutingTarget {
  const target = resolveTarget(catalogue, features.requestedModel);
  const isGone = target.kind === "unknown" && excluded.length > 0;
  return isGone && features.policy.allowFallback ? { kind: "any" } : target;
}

function drawOf({ requestId, keyId, takeTurn }: RoutingInput): DrawInput {
  return { requestId, keyId, ...(takeTurn === undefined ? {} : { takeTurn }) };
}

function rank(screening: Screening, { scene, input }: { scene: Scene; input: RoutingInput }): Ranking {
  const { features } = input;
  const strategy = strategies[features.policy.strategy];
  const scoring = { features, states: scene.states, arms: input.arms ?? noArms };
  const scores = strategy.score(screening.candidates, scoring);
  const order = orderCandidates(screening, {
    scores,
    strategy,
    scene,
    estimatedTokens: features.estimatedInputTokens + (features.maxOutputTokens ?? 0),
  });
  const explorable = mayExplore(scene, features) ? (screening.counts[verdict.eligible] ?? 0) : 0;
  let trialRank = 0;
  if (explorable > 1 && strategy.explore !== undefined) {
    trialRank = strategy.explore(
      { candidates: screening.candidates, order: order.subarray(0, explorable) },
      { ...scoring, random: input.random },
    );
    if (trialRank > 0) moveToFront(order, trialRank);
  }
  const best = order[0];
  if (scene.spread !== null) spreadOrder(order, { screening, scene, spread: scene.spread });
  const takenCount = features.policy.allowEscalation ? order.length : Math.min(1, order.length);
  return { scores, order, takenCount, explored: trialRank > 0, isSpread: order[0] !== best };
}

/**
 * Trial calls stay behind: they are nobody's first choice while there is another. Unless it is said how many other calls
 * there are, a decision knows only that those of lower ranks exist.
 */
function spreadOrder(
  order: Int32Array,
  { screening, scene, spread }: { screening: Screening; scene: Scene; spread: RoutingSpread },
): void {
  const ranked = order.slice(0, screening.counts[verdict.eligible] || order.length);
  const references = Array.from(ranked).flatMap(
    (position) => screening.candidates[position]?.reference ?? [],
  );
  const isReplacement = scene.exclusions !== null;
  const positions = spreadCandidates(references, {
    ...spread,
    ranks: Math.max(spread.ranks ?? 1, spread.rank + 1),
    isReplacement,
  });
  for (const [at, position] of positions.entries()) order[at] = ranked[position] ?? 0;
}

/** Only the first choice of a request is ever a trial, and only where nobody else has a say in it. */
function mayExplore({ exclusions, favourite, spread }: Scene, { policy }: RoutingFeatures): boolean {
  return policy.allowExploration && exclusions === null && favourite === null && spread === null;
}

function referencesOf(screening: Screening, ranking: Ranking): RoutingDecision["fallbacks"] {
  const references: RoutingDecision["fallbacks"] = [];
  for (const position of ranking.order.subarray(0, ranking.takenCount)) {
    const entry = screening.candidates[position];
    if (entry !== undefined) references.push(entry.reference);
  }
  return references;
}

/** Why the chosen model was chosen, in a few header-safe words. */
function reasonOf(choice: {
  scene: Scene;
  screening: Screening;
  ranking: Ranking;
  features: RoutingFeatures;
  first: ConsideredCandidate | undefined;
}): string {
  const { scene, screening, features } = choice;
  const { target, exclusions } = scene;
  if (exclusions !== null) return `fallback after ${exclusions.lastClass}`;
  if (target.kind === "alias") return `alias:${headerText(target.alias.id, 64)}`;
  if (target.kind === "model") {
    const skipReason = skipReasonOf(screening.verdicts[target.entry.ordinal] ?? 0);
    return skipReason === null ? "named" : `fallback after ${skipReason}`;
  }
  const { strategy, mode } = features.policy;
  const score = Number((choice.first?.score ?? 0).toFixed(3));
  const label = strategies[strategy].hasModes ? `${strategy}/${mode}` : strategy;
  const { explored, isSpread } = choice.ranking;
  const note = explored ? " trial" : isSpread ? " spread" : "";
  return `${label}${note} score=${score} of ${screening.candidates.length}`;
}
