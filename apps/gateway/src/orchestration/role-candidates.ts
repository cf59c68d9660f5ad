import type {
  CatalogueModel,
  ModelWish,
  RoutingDecision,
  RoutingFeatures,
  RoutingPolicy,
} from "@tokenhub/contracts";
import { decideRoute, type CatalogueIndex, type RoutingOutcome } from "@tokenhub/routing";
import { failureToError } from "../sync/failure-to-error.ts";

export interface CandidateQuestion {
  readonly index: CatalogueIndex;
  /** Of the caller's request. */
  readonly features: RoutingFeatures;
  readonly requestId: string;
  readonly keyId: string | null;
  readonly nowMs: number;
}

/**
 * The models that a role's calls may be given, as the router would see them now if every provider were well. Where no model
 * fits the request's budget, those that would fit without it: what they cost is the caller's to know.
 * @throws TokenHubError what a request for that role would be refused with, such as `no_eligible_model`.
 */
export function roleCandidates(question: CandidateQuestion, wish: ModelWish): CatalogueModel[] {
  const { policy } = question.features;
  const outcome = dryDecision(question, { wish, policy });
  if (outcome.kind === "decided") return modelsOf(question.index, outcome.decision);
  const dearer =
    policy.maxBudgetUsd === null
      ? null
      : dryDecision(question, { wish, policy: { ...policy, maxBudgetUsd: null } });
  if (dearer?.kind !== "decided") throw failureToError(outcome.failure);
  return modelsOf(question.index, dearer.decision);
}

function modelsOf(index: CatalogueIndex, { chosen, fallbacks }: RoutingDecision): CatalogueModel[] {
  return [chosen, ...fallbacks].flatMap(({ modelId }) => index.entryById.get(modelId)?.model ?? []);
}

function dryDecision(
  { index, features, requestId, keyId, nowMs }: CandidateQuestion,
  { wish, policy }: { readonly wish: ModelWish; readonly policy: RoutingPolicy },
): RoutingOutcome {
  return decideRoute({
    catalogue: index,
    features: {
      ...features,
      requestedModel: wish.modelId,
      policy: {
        ...policy,
        strategy: "objective",
        minWeight: wish.minWeight ?? policy.minWeight,
        allowFallback: wish.allowFallback,
        allowEscalation: true,
        allowExploration: false,
      },
    },
    excluded: [],
    health: new Map(),
    requestId,
    keyId,
    nowMs,
    random: () => 0,
  });
}
