import type { ProviderHealth, RoutingFeatures } from "@tokenhub/contracts";
import type { CatalogueIndex } from "./catalogue-index.ts";
import { decideRoute, type RoutingInput, type RoutingOutcome } from "./decide-route.ts";
import { resolveTarget } from "./resolve-target.ts";

/** Lists of ids longer than this make a request's signature dearer than it is worth. */
const listedModelsLimit = 64;

export interface DecisionCache {
  /** The same as `decideRoute`. Its outcomes are shared between requests: they are frozen, read them only. */
  readonly decide: (input: RoutingInput) => RoutingOutcome;
  /** Decisions kept at the moment. */
  readonly size: () => number;
}

/**
 * Remembers decisions, so that a burst of like requests is decided once. A decision is kept only when nothing but the
 * catalogue, the providers' health and the request's features went into it:
 *
 * - no candidate has failed before;
 * - no chance and no turn is involved: not `thompson`, no softmax, no alias that draws;
 * - every breaker is closed and every pause over, so that time changes nothing.
 *
 * All are dropped when the catalogue or the health is another object than before. The one used longest ago gives way when
 * `limit` are kept.
 */
export function createDecisionCache({ limit }: { readonly limit: number }): DecisionCache {
  const kept = new Map<string, RoutingOutcome>();
  let catalogue: CatalogueIndex | null = null;
  let health: ReadonlyMap<string, ProviderHealth> | null = null;
  let steadyFromMs = 0;
  return {
    size: () => kept.size,
    decide(input) {
      if (input.catalogue !== catalogue || input.health !== health) {
        kept.clear();
        catalogue = input.catalogue;
        health = input.health;
        steadyFromMs = steadyFrom(input.health);
      }
      if (input.nowMs < steadyFromMs || !isRepeatable(input)) return decideRoute(input);
      const signature = signatureOf(input.features);
      const known = kept.get(signature);
      const outcome = known ?? freeze(decideRoute(input));
      if (known !== undefined) kept.delete(signature);
      else if (kept.size >= limit) for (const oldest of kept.keys()) if (kept.delete(oldest)) break;
      kept.set(signature, outcome);
      return outcome;
    },
  };
}

/** From when on time changes nothing any more: when the last pause ends, never while a breaker is not closed. */
function steadyFrom(health: ReadonlyMap<string, ProviderHealth>): number {
  let fromMs = 0;
  for (const provider of health.values()) {
    if (provider.breaker !== "closed") return Infinity;
    fromMs = Math.max(fromMs, provider.cooldownUntilMs);
  }
  return fromMs;
}

function isRepeatable({ catalogue, features, excluded }: RoutingInput): boolean {
  const { strategy, explorationTemperature } = features.policy;
  if (excluded.length > 0 || strategy === "thompson") return false;
  if (strategy === "objective" && explorationTemperature > 0) return false;
  const { allowedModelIds, spread } = features;
  const listed = [allowedModelIds, spread?.avoidModelIds, spread?.avoidProviderIds];
  if (listed.some((list) => (list?.length ?? 0) > listedModelsLimit)) return false;
  if (catalogue.aliases.size === 0 || features.requestedModel === null) return true;
  const target = resolveTarget(catalogue, features.requestedModel);
  return target.kind !== "unknown" && (target.kind !== "alias" || target.alias.stickyBy === "scored");
}

/**
 * Everything about a request that a decision looks at, also how it is to differ from others; the caller's wire format is not
 * part of it.
 */
function signatureOf(features: RoutingFeatures): string {
  return JSON.stringify({ ...features, wireFormat: null });
}

function freeze(outcome: RoutingOutcome): RoutingOutcome {
  const story = outcome.kind === "decided" ? outcome.decision : outcome;
  Object.freeze(story.considered);
  Object.freeze(story.skippedByReason);
  if (outcome.kind === "decided") Object.freeze(outcome.decision.fallbacks);
  Object.freeze(story);
  return Object.freeze(outcome);
}
