import {
  banditSnapshotSchema,
  errorTable,
  type CatalogueModel,
  type ConsideredCandidate,
  type Keyspace,
  type RoutingDecision,
  type Strategy,
} from "@tokenhub/contracts";
import { readProviderHealth } from "@tokenhub/ledger";
import { createApiKeyRepository, type Database } from "@tokenhub/persistence";
import { decideRoute, indexArms, noArms, type ArmIndex, type CatalogueIndex } from "@tokenhub/routing";
import type { Redis } from "ioredis";
import { createPermittedModels } from "../../../admission/permitted-models.ts";
import type { RoutingDefaults } from "../../../admission/routing-wishes.ts";
import { adminRoute, reply, type AdminReply, type AdminRoute } from "../../admin-route.ts";
import { foundEntry } from "../../written-entry.ts";
import { featuresFromForm, simulateSchema, type SimulateForm } from "./simulate-form.ts";

export interface SimulateDeps {
  readonly db: Database["db"];
  readonly redis: Redis;
  readonly keyspace: Keyspace;
  readonly index: () => CatalogueIndex;
  readonly routingDefaults: () => RoutingDefaults;
  readonly now: () => number;
  readonly random: () => number;
}

/**
 * `/admin/v1/routing/simulate`: what would happen to a request now. The decision is made by the routers' own function, over
 * the providers' present health and what has been learnt; nothing is sent, and no turn of an alias is taken.
 */
export function simulateRoutes(deps: SimulateDeps): AdminRoute[] {
  return [
    adminRoute<SimulateForm>({
      method: "post",
      path: "/routing/simulate",
      summary: "Ask which model a request would go to, and why the others would not get it",
      tag: "routing",
      role: "viewer",
      bodySchema: simulateSchema,
      action: null,
      handle: ({ body, requestId }) => simulate(deps, { body, requestId }),
    }),
  ];
}

async function simulate(
  deps: SimulateDeps,
  { body, requestId }: { readonly body: SimulateForm; readonly requestId: string },
): Promise<AdminReply> {
  const catalogue = deps.index();
  const features = featuresFromForm(body, deps.routingDefaults());
  const keyId = body.key_id ?? null;
  const allowedModelIds = await permittedModels(deps, { keyId, requestedModel: features.requestedModel });
  const outcome = decideRoute({
    catalogue,
    features: { ...features, allowedModelIds },
    excluded: [],
    health: await healthOf(deps, catalogue),
    arms: await armsFor(features.policy.strategy, deps),
    nowMs: deps.now(),
    requestId,
    keyId,
    random: deps.random,
  });
  const story = outcome.kind === "decided" ? outcome.decision : outcome;
  const eligible = eligibleOf(catalogue, story.considered);
  const explanation = {
    eligible,
    total: eligible.length,
    considered: story.considered.map(viewCandidate),
    skipped_by_reason: story.skippedByReason,
    request: {
      token_count: features.estimatedInputTokens,
      max_tokens: features.maxOutputTokens,
      strategy: story.strategy,
      mode: story.mode,
      max_budget_usd: features.policy.maxBudgetUsd,
      max_latency_ms: features.policy.maxLatencyMs,
    },
  };
  if (outcome.kind === "decided") return reply({ decision: viewDecision(outcome.decision), ...explanation });
  const { code, message } = outcome.failure;
  const { status, openAiType: type } = errorTable[code];
  // The same code and status that the request itself would be answered with.
  return reply(
    { error: { code, message, type, param: null, request_id: requestId }, decision: null, ...explanation },
    { status },
  );
}

/** @throws TokenHubError `not_found` for an unknown key, `model_not_allowed` as the request itself would. */
async function permittedModels(
  { db, index }: SimulateDeps,
  { keyId, requestedModel }: { readonly keyId: string | null; readonly requestedModel: string | null },
): Promise<string[] | null> {
  if (keyId === null) return null;
  const key = foundEntry(await createApiKeyRepository(db).get(keyId), "API key");
  return createPermittedModels(index).forRequest(key.entry.allowedModelIds, requestedModel);
}

function healthOf({ redis, keyspace }: SimulateDeps, { providers }: CatalogueIndex) {
  return readProviderHealth(
    redis,
    keyspace,
    providers.map(({ id }) => id),
  );
}

async function armsFor(strategy: Strategy, { redis, keyspace }: SimulateDeps): Promise<ArmIndex> {
  if (strategy !== "thompson") return noArms;
  const text = await redis.get(keyspace.bandit);
  return text === null ? noArms : indexArms(banditSnapshotSchema.parse(JSON.parse(text)));
}

function viewDecision(decision: RoutingDecision): object {
  return {
    model_id: decision.chosen.modelId,
    provider_id: decision.chosen.providerId,
    estimated_cost_usd: decision.estimatedCostUsd,
    reason: decision.reason,
    strategy: decision.strategy,
    mode: decision.mode,
    alias: decision.aliasId,
    explored: decision.explored,
    catalogue_version: decision.catalogueVersion,
    fallbacks: decision.fallbacks.map(({ modelId, providerId }) => ({
      model_id: modelId,
      provider_id: providerId,
    })),
  };
}

/** The candidates that could take the request, best first. */
function eligibleOf({ entryById }: CatalogueIndex, considered: readonly ConsideredCandidate[]): object[] {
  return considered
    .filter(({ outcome }) => outcome !== "skipped")
    .flatMap((candidate) => {
      const model = entryById.get(candidate.modelId)?.model;
      return model === undefined ? [] : [viewEligible(model, candidate)];
    });
}

function viewEligible(model: CatalogueModel, candidate: ConsideredCandidate): object {
  return {
    id: model.id,
    provider_id: model.providerId,
    weight: model.weight,
    max_context_tokens: model.contextTokens,
    input_per_1k: model.price?.inputPer1kUsd ?? null,
    output_per_1k: model.price?.outputPer1kUsd ?? null,
    enabled: model.enabled,
    selected: candidate.outcome === "chosen",
    score: candidate.score,
    estimated_cost_usd: candidate.estimatedCostUsd,
  };
}

function viewCandidate(candidate: ConsideredCandidate): object {
  return {
    model_id: candidate.modelId,
    provider_id: candidate.providerId,
    outcome: candidate.outcome,
    score: candidate.score,
    estimated_cost_usd: candidate.estimatedCostUsd,
    skip_reason: candidate.skipReason,
    detail: candidate.detail,
  };
}
