import { namesOf } from "./capability-mask.ts";
import type { CatalogueEntry } from "./catalogue-index.ts";
import { estimateCostUsd } from "./estimate-cost.ts";
import { latencyOf } from "./provider-state.ts";
import type { Scene } from "./screen-models.ts";
import { verdict } from "./verdict.ts";

/** Why a candidate that fits is left out behind one that was chosen or has failed. */
export const notAllowedToFollow = "the request does not allow another model after a failure";

/** One sentence for a person on why a model was skipped, with the numbers that decided, e.g. `needs 9000 tokens, context is 8192`. */
export function describeSkip(
  entry: CatalogueEntry,
  { found, scene }: { found: number; scene: Scene },
): string {
  const { demand } = scene;
  const providerId = entry.model.providerId;
  switch (found) {
    case verdict.notNamed:
      return "the request names another model";
    case verdict.disabled:
      return "the model is disabled";
    case verdict.providerMissing:
      return `provider ${providerId} does not exist`;
    case verdict.providerDisabled:
      return `provider ${providerId} is disabled`;
    case verdict.notAllowedForKey:
      return "the key does not admit this model";
    case verdict.operationNotServed:
      return `does not serve ${namesOf(demand.operation)}`;
    case verdict.capabilityMissing:
      return `lacks ${namesOf(demand.needs & ~entry.capabilities)}`;
    case verdict.contextTooSmall:
      return `needs ${demand.neededTokens} tokens, context is ${entry.contextTokens}`;
    case verdict.contextBelowMinimum:
      return `context is ${entry.contextTokens}, the request demands at least ${demand.minContextTokens}`;
    case verdict.priceUnknown:
      return demand.maxCostPer1kUsd === null
        ? `price is unknown, the budget is ${demand.maxBudgetUsd} USD`
        : `price is unknown, the limit is ${demand.maxCostPer1kUsd} USD per 1000 tokens`;
    case verdict.priceAboveLimit:
      return `costs ${entry.higherPer1kUsd} USD per 1000 tokens, the limit is ${demand.maxCostPer1kUsd}`;
    case verdict.budgetExceeded:
      return `would cost about ${inUsd(estimateCostUsd(entry, demand.tokens))} USD, the budget is ${demand.maxBudgetUsd}`;
    case verdict.latencyAboveLimit:
      return `takes about ${Math.round(latencyOf(entry, scene.states[entry.providerOrdinal]))} ms, the limit is ${demand.maxLatencyMs}`;
    case verdict.weightBelowLimit:
      return `weight is ${entry.weight}, the request demands at least ${demand.minWeight}`;
    case verdict.breakerOpen:
      return `provider ${providerId} keeps failing, its breaker is open for another ${waitOf(entry, scene)}`;
    case verdict.coolingDown:
      return `provider ${providerId} asked for a pause of another ${waitOf(entry, scene)}`;
    case verdict.alreadyFailed:
      return "has already failed for this request";
    case verdict.escalationNotAllowed:
      return notAllowedToFollow;
    case verdict.escalationNeedsLargerContext:
      return `a context of ${scene.exclusions?.overflowedTokens} tokens overflowed, this one is ${entry.contextTokens}`;
    case verdict.mockOnlyWhenAlone:
      return "mock models answer only when named or when no other model could";
    default:
      return "";
  }
}

function waitOf(entry: CatalogueEntry, scene: Scene): string {
  return inSeconds(scene.states[entry.providerOrdinal]?.returnsInMs ?? 0);
}

/** A waiting time in whole seconds, rounded up, e.g. `12 s`. */
export function inSeconds(durationMs: number): string {
  return `${Math.ceil(durationMs / 1000)} s`;
}

/** An amount with up to six significant digits, e.g. `0.02536`. */
function inUsd(amount: number): string {
  return String(Number(amount.toPrecision(6)));
}
