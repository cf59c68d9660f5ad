import type {
  CallFailure,
  ConsideredCandidate,
  ExcludedCandidate,
  ProviderHealth,
  RoutingDecision,
  RoutingFeatures,
} from "@tokenhub/contracts";
import type { CatalogueIndex } from "./catalogue-index.ts";
import { gatherExclusions } from "./exclusions.ts";
import { headerText } from "./header-text.ts";
import { countByReason, listConsidered } from "./list-considered.ts";
import { orderCandidates } from "./order-candidates.ts";
import { refuseRoute } from "./refuse-route.ts";
import { resolveTarget, type RoutingTarget } from "./resolve-target.ts";
import { isLowerBetter, scoreCandidates } from "./score-candidates.ts";
import { sceneOf, screenModels, type Scene, type Screening } from "./screen-models.ts";
import { skipReasonOf } from "./verdict.ts";

export interface RoutingInput {
  /** From `indexCatalogue`, built once per catalogue version. */
  readonly catalogue: CatalogueIndex;
  readonly features: RoutingFeatures;
  /** Candidates that have failed for this request, oldest first. */
  readonly excluded: readonly ExcludedCandidate[];
  /** By provider id; a provider without an entry is taken for healthy. */
  readonly health: ReadonlyMap<string, ProviderHealth>;
  readonly nowMs: number;
}

export type RoutingOutcome =
  | { readonly kind: "decided"; readonly decision: RoutingDecision }
  | {
      readonly kind: "refused";
      readonly failure: CallFailure;
      readonly considered: ConsideredCandidate[];
      readonly skippedByReason: RoutingDecision["skippedByReason"];
    };

/**
 * Chooses the model for a request and the order of its fallbacks, or says why there is none.
 *
 * 1. The name is resolved (`resolveTarget`). A named model is the only candidate unless `policy.allowFallback`, when it is
 *    the first one; an alias admits its models only; without a name every model is a candidate.
 * 2. Each model is screened (`screenModels`); limits are hard, and no fallback or last resort breaks them.
 * 3. What is left is scored (`scoreCandidates`) and put in order (`orderCandidates`).
 *
 * The result depends on the arguments alone, not on the order of the catalogue. Every model is accounted for: the chosen
 * one, the fallbacks and the counts of `skippedByReason` add up to the catalogue. The references in `chosen` and
 * `fallbacks` are frozen and shared between decisions.
 */
export function decideRoute(input: RoutingInput): RoutingOutcome {
  const { catalogue, features } = input;
  const target = targetOf(input);
  const exclusions = gatherExclusions(catalogue, input.excluded);
  const scene = sceneOf(input, { target, exclusions });
  const screening = screenModels(scene);
  const skippedByReason = countByReason(screening);
  const ranking = rank(screening, { scene, features });
  const considered = listConsidered(screening, { scene, ranking });
  const references = referencesOf(screening, ranking.order);
  const chosen = references[0];
  if (chosen === undefined) {
    return {
      kind: "refused",
      failure: refuseRoute(screening, { scene, skippedByReason }),
      considered,
      skippedByReason,
    };
  }
  return {
    kind: "decided",
    decision: {
      strategy: features.policy.strategy,
      mode: features.policy.mode,
      catalogueVersion: catalogue.version,
      chosen,
      fallbacks: references.slice(1),
      reason: reasonOf({ scene, screening, features, considered }),
      considered,
      skippedByReason,
    },
  };
}

/** A name that was known when the request was accepted may be gone in a later round; who allows fallbacks gets one then. */
function targetOf({ catalogue, features, excluded }: RoutingInput): RoutingTarget {
  const target = resolveTarget(catalogue, features.requestedModel);
  const isGone = target.kind === "unknown" && excluded.length > 0;
  return isGone && features.policy.allowFallback ? { kind: "any" } : target;
}

function rank(screening: Screening, { scene, features }: { scene: Scene; features: RoutingFeatures }) {
  const scores = scoreCandidates(screening.candidates, { features, states: scene.states });
  const order = orderCandidates(screening, {
    scores,
    lowerIsBetter: isLowerBetter(features.policy.strategy),
    scene,
    estimatedTokens: features.estimatedInputTokens + (features.maxOutputTokens ?? 0),
  });
  return { scores, order };
}

function referencesOf(screening: Screening, order: Int32Array): RoutingDecision["fallbacks"] {
  const references: RoutingDecision["fallbacks"] = [];
  for (const position of order) {
    const entry = screening.candidates[position];
    if (entry !== undefined) references.push(entry.reference);
  }
  return references;
}

/** Why the chosen model was chosen, in a few header-safe words. */
function reasonOf(choice: {
  scene: Scene;
  screening: Screening;
  features: RoutingFeatures;
  considered: readonly ConsideredCandidate[];
}): string {
  const { scene, screening, features } = choice;
  const { target, exclusions } = scene;
  if (exclusions !== null) return `fallback after ${exclusions.lastClass}`;
  if (target.kind === "alias") return `alias:${headerText(target.id, 64)}`;
  if (target.kind === "model") {
    const skipReason = skipReasonOf(screening.verdicts[target.entry.ordinal] ?? 0);
    return skipReason === null ? "named" : `fallback after ${skipReason}`;
  }
  const { strategy, mode } = features.policy;
  const score = Number((choice.considered[0]?.score ?? 0).toFixed(3));
  const label = strategy === "objective" ? `objective/${mode}` : strategy;
  return `${label} score=${score} of ${screening.candidates.length}`;
}
