import type { ProviderHealth, RoutingFeatures, RoutingSpread } from "@tokenhub/contracts";
import { capabilityBits, maskOf } from "./capability-mask.ts";
import type { CatalogueEntry, CatalogueIndex } from "./catalogue-index.ts";
import { neededTokens } from "./context-fit.ts";
import type { Exclusions } from "./exclusions.ts";
import { estimateCostUsd, expectedOutputTokens } from "./estimate-cost.ts";
import { latencyOf, providerStates, type ProviderState } from "./provider-state.ts";
import type { RoutingTarget } from "./resolve-target.ts";
import { verdict, verdictCount, type Verdict } from "./verdict.ts";

/** What a request demands of every model, worked out once per decision. */
interface Demand {
  readonly operation: number;
  readonly needs: number;
  readonly neededTokens: number;
  /** What a cost estimate counts with. */
  readonly tokens: { readonly inputTokens: number; readonly outputTokens: number };
  /** Null: all. */
  readonly allowedModelIds: ReadonlySet<string> | null;
  readonly maxCostPer1kUsd: number | null;
  readonly maxBudgetUsd: number | null;
  readonly maxLatencyMs: number | null;
  readonly minWeight: number;
  readonly minContextTokens: number;
  readonly allowEscalation: boolean;
}

/** Everything screening looks at. */
export interface Scene {
  readonly index: CatalogueIndex;
  readonly target: RoutingTarget;
  /** The candidate that comes first whatever the scores say; null when the strategy chooses. */
  readonly favourite: CatalogueEntry | null;
  /** How the choice is to differ from those of other calls; null when there is no such wish, or a model is named. */
  readonly spread: RoutingSpread | null;
  /** True when models that are not named may follow the named one. */
  readonly open: boolean;
  readonly demand: Demand;
  readonly states: readonly ProviderState[];
  readonly exclusions: Exclusions | null;
}

export interface Screening {
  /** A `Verdict` per entry of the index. */
  readonly verdicts: Uint8Array;
  /** How many entries got each verdict. */
  readonly counts: Uint32Array;
  /** Entries that may take the request, in the order of the index. */
  readonly candidates: readonly CatalogueEntry[];
}

/** Sets the scene of a decision: the request's demand and the state of every provider. */
export function sceneOf(
  input: {
    catalogue: CatalogueIndex;
    features: RoutingFeatures;
    health: ReadonlyMap<string, ProviderHealth>;
    nowMs: number;
  },
  choice: Pick<Scene, "target" | "favourite" | "spread" | "exclusions">,
): Scene {
  const { features } = input;
  const { policy } = features;
  return {
    index: input.catalogue,
    target: choice.target,
    favourite: choice.favourite,
    spread: choice.spread,
    open: choice.target.kind === "any" || (choice.target.kind === "model" && policy.allowFallback),
    demand: {
      operation: capabilityBits[features.operation],
      needs: maskOf(features.needs) | (features.stream ? capabilityBits.streaming : 0),
      neededTokens: neededTokens({
        inputTokens: features.estimatedInputTokens,
        maxOutputTokens: features.maxOutputTokens,
      }),
      tokens: { inputTokens: features.estimatedInputTokens, outputTokens: expectedOutputTokens(features) },
      allowedModelIds: features.allowedModelIds === null ? null : new Set(features.allowedModelIds),
      maxCostPer1kUsd: policy.maxCostPer1kUsd,
      maxBudgetUsd: policy.maxBudgetUsd,
      maxLatencyMs: policy.maxLatencyMs,
      minWeight: policy.minWeight ?? 0,
      minContextTokens: policy.minContextTokens ?? 0,
      allowEscalation: policy.allowEscalation,
    },
    states: providerStates(input.catalogue.providers, input),
    exclusions: choice.exclusions,
  };
}

/**
 * Holds every model against the request. Each gets the first reason that applies, in this order: not named; disabled;
 * provider missing or disabled; not allowed for the caller's key; operation not served; capability missing; context too
 * small; price per 1,000 tokens above the limit or unknown; estimated cost above the budget or unknown; weight below the
 * limit; context below the caller's minimum; latency above the limit; breaker open; already failed; escalation not allowed;
 * no larger context after an overflow; mock model beside real ones; provider cooling down.
 *
 * Only the last is soft: a model whose provider asked for a pause is kept when nothing else is left. No other limit is ever
 * lifted.
 */
export function screenModels(scene: Scene): Screening {
  const { entries } = scene.index;
  const verdicts = new Uint8Array(entries.length);
  const counts = new Uint32Array(verdictCount);
  const named = namedEntries(scene.target);
  const candidates: CatalogueEntry[] = [];
  const cooling: CatalogueEntry[] = [];
  let screened: readonly CatalogueEntry[] = entries;
  if (!scene.open) {
    screened = named;
    verdicts.fill(verdict.notNamed);
    counts[verdict.notNamed] = entries.length - named.length;
  }
  const onlyNamed = !scene.open;
  for (const entry of screened) {
    const found = judge(entry, { scene, isNamed: onlyNamed || entry === named[0] });
    verdicts[entry.ordinal] = found;
    counts[found] = (counts[found] ?? 0) + 1;
    if (found <= verdict.trial) candidates.push(entry);
    else if (found === verdict.coolingDown) cooling.push(entry);
  }
  if (candidates.length > 0 || cooling.length === 0) return { verdicts, counts, candidates };
  for (const entry of cooling) verdicts[entry.ordinal] = verdict.lastResort;
  counts[verdict.lastResort] = cooling.length;
  counts[verdict.coolingDown] = 0;
  return { verdicts, counts, candidates: cooling };
}

function namedEntries(target: RoutingTarget): readonly CatalogueEntry[] {
  if (target.kind === "model") return [target.entry];
  return target.kind === "alias" ? target.alias.entries : [];
}

function judge(entry: CatalogueEntry, { scene, isNamed }: { scene: Scene; isNamed: boolean }): Verdict {
  if (entry.standing !== verdict.eligible) return entry.standing;
  if (scene.demand.allowedModelIds?.has(entry.model.id) === false) return verdict.notAllowedForKey;
  const unfit = judgeAbility(entry, scene.demand);
  return unfit === verdict.eligible ? judgeCircumstances(entry, { scene, isNamed }) : unfit;
}

/** What the model is, against what the request demands. */
function judgeAbility(entry: CatalogueEntry, demand: Demand): Verdict {
  if ((entry.capabilities & demand.operation) === 0) return verdict.operationNotServed;
  if ((demand.needs & ~entry.capabilities) !== 0) return verdict.capabilityMissing;
  if (entry.contextTokens < demand.neededTokens) return verdict.contextTooSmall;
  if (demand.maxCostPer1kUsd !== null) {
    if (Number.isNaN(entry.higherPer1kUsd)) return verdict.priceUnknown;
    if (entry.higherPer1kUsd > demand.maxCostPer1kUsd) return verdict.priceAboveLimit;
  }
  if (demand.maxBudgetUsd !== null) {
    const costUsd = estimateCostUsd(entry, demand.tokens);
    if (Number.isNaN(costUsd)) return verdict.priceUnknown;
    if (costUsd > demand.maxBudgetUsd) return verdict.budgetExceeded;
  }
  if (entry.weight < demand.minWeight) return verdict.weightBelowLimit;
  if (entry.contextTokens < demand.minContextTokens) return verdict.contextBelowMinimum;
  return verdict.eligible;
}

/** What is going on: health, earlier failures, and whether mock models are wanted at all. */
function judgeCircumstances(
  entry: CatalogueEntry,
  { scene, isNamed }: { scene: Scene; isNamed: boolean },
): Verdict {
  const { exclusions, demand } = scene;
  const state = scene.states[entry.providerOrdinal];
  if (demand.maxLatencyMs !== null && latencyOf(entry, state) > demand.maxLatencyMs) {
    return verdict.latencyAboveLimit;
  }
  if (state?.breaker === "refuse") return verdict.breakerOpen;
  if (exclusions !== null) {
    if (exclusions.models.has(entry.ordinal) || exclusions.providers.has(entry.model.providerId)) {
      return verdict.alreadyFailed;
    }
    if (!demand.allowEscalation) return verdict.escalationNotAllowed;
    if (exclusions.overflowedTokens !== null && entry.contextTokens <= exclusions.overflowedTokens) {
      return verdict.escalationNeedsLargerContext;
    }
  }
  if (entry.isMock && !isNamed && (scene.index.realCapabilities & demand.operation) !== 0) {
    return verdict.mockOnlyWhenAlone;
  }
  if (state?.coolingDown === true) return verdict.coolingDown;
  return state?.breaker === "trial" ? verdict.trial : verdict.eligible;
}
