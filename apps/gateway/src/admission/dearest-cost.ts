import { undeclaredCapabilities, type RoutingFeatures } from "@tokenhub/contracts";
import {
  estimateCostUsd,
  expectedOutputTokens,
  resolveTarget,
  type CatalogueEntry,
  type CatalogueIndex,
} from "@tokenhub/routing";

type PricedFeatures = Pick<
  RoutingFeatures,
  "operation" | "requestedModel" | "estimatedInputTokens" | "maxOutputTokens" | "allowedModelIds"
> & { readonly policy: Pick<RoutingFeatures["policy"], "allowFallback" | "maxBudgetUsd"> };

/**
 * What a request costs at most by the router's own estimate, in US dollars: at the dearest model that it may be given,
 * but no more than its own `max_budget_usd`. Models of unknown price count nothing, as they do in the spend.
 */
export function dearestCostUsd(index: CatalogueIndex, features: PricedFeatures): number {
  const allowed = features.allowedModelIds === null ? null : new Set(features.allowedModelIds);
  const tokens = {
    inputTokens: features.estimatedInputTokens,
    outputTokens: expectedOutputTokens(features),
  };
  let dearestUsd = 0;
  for (const { model } of candidatesOf(index, features)) {
    if (!model.enabled || model.price === null || allowed?.has(model.id) === false) continue;
    if (!(model.capabilities ?? undeclaredCapabilities).includes(features.operation)) continue;
    dearestUsd = Math.max(dearestUsd, estimateCostUsd(model.price, tokens));
  }
  return Math.min(dearestUsd, features.policy.maxBudgetUsd ?? Infinity);
}

function candidatesOf(index: CatalogueIndex, features: PricedFeatures): readonly CatalogueEntry[] {
  const target = resolveTarget(index, features.requestedModel);
  switch (target.kind) {
    case "alias":
      return target.alias.entries;
    case "model":
      return features.policy.allowFallback ? index.entries : [target.entry];
    case "any":
      return index.entries;
    case "unknown":
      return [];
  }
}
