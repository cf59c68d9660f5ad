import type { CallFailure, ErrorCode, FailureClass, RoutingDecision, SkipReason } from "@tokenhub/contracts";
import { describeSkip, inSeconds } from "./describe-skip.ts";
import type { Exclusions } from "./exclusions.ts";
import { headerText } from "./header-text.ts";
import type { Scene, Screening } from "./screen-models.ts";
import { verdict } from "./verdict.ts";

const messageLimit = 299;
const nameLimit = 48;

/** What to change, for the reason that stands in the way of most models. */
const advice: Readonly<Partial<Record<SkipReason, string>>> = {
  disabled: "Enable a model.",
  provider_disabled: "Enable the provider.",
  provider_missing: "Add the provider that the models belong to.",
  operation_not_served: "Add a model that serves this operation.",
  capability_missing: "Drop the feature or add a model that has it.",
  context_too_small: "Shorten the input, or lower max_tokens or the demanded context.",
  price_above_limit: "Raise the cost limit.",
  price_unknown: "Set the models' prices, or drop the cost limit and the budget.",
  budget_exceeded: "Raise the request's budget, shorten the input or lower max_tokens.",
  latency_above_limit: "Allow more time.",
  not_allowed_for_key: "Use a key that admits another model.",
  weight_below_limit: "Lower the demanded weight.",
};

/**
 * Says why no model can take a request, with the code that helps most: an unknown name first; then, for a request that has
 * failed before, that no candidate is left (the caller keeps the story of the last failure); then a breaker that will
 * close again; then a context too small for the request alone; then a key that does not admit what is named; else the
 * counts by reason. Messages are header-safe and
 * shorter than 300 characters.
 */
export function refuseRoute(
  screening: Screening,
  { scene, skippedByReason }: { scene: Scene; skippedByReason: RoutingDecision["skippedByReason"] },
): CallFailure {
  const { target, exclusions } = scene;
  const retryAfterMs = soonestReturn(screening, scene);
  if (target.kind === "unknown") {
    return failure("model_not_found", { class: "bad_request", message: target.message });
  }
  if (exclusions !== null) return exhausted({ exclusions, scene, retryAfterMs });
  if (retryAfterMs !== null) {
    const message = `Every model that could take this request is out of service because its provider keeps failing. Retry in ${inSeconds(retryAfterMs)}.`;
    return failure("provider_unavailable", { class: "transient", message, retryAfterMs });
  }
  const largest = largestFailedContext(screening, scene);
  if (largest !== null) {
    const message = `The request needs ${scene.demand.neededTokens} tokens of context (input and output, with headroom), the largest allowed model has ${largest}. Shorten the input, lower max_tokens or allow a model with a larger context.`;
    return failure("context_length_exceeded", { class: "context_overflow", message });
  }
  return failure(isKeyToBlame(screening, scene) ? "model_not_allowed" : "no_eligible_model", {
    class: "bad_request",
    message: nothingFits(screening, { scene, skippedByReason }),
  });
}

/** True when every model that the request names is one that the key does not admit. */
function isKeyToBlame(screening: Screening, { target, open }: Scene): boolean {
  if (open || (target.kind !== "model" && target.kind !== "alias")) return false;
  const named = target.kind === "model" ? [target.entry] : target.alias.entries;
  return (
    named.length > 0 && named.every((entry) => screening.verdicts[entry.ordinal] === verdict.notAllowedForKey)
  );
}

function failure(
  code: ErrorCode,
  about: { class: FailureClass; message: string; retryAfterMs?: number | null },
): CallFailure {
  return {
    class: about.class,
    code,
    message: headerText(about.message, messageLimit),
    providerStatus: null,
    providerMessage: null,
    providerCode: null,
    retryAfterMs: about.retryAfterMs ?? null,
  };
}

function exhausted(state: {
  exclusions: Exclusions;
  scene: Scene;
  retryAfterMs: number | null;
}): CallFailure {
  const { exclusions, scene } = state;
  const overflowed = exclusions.lastClass === "context_overflow";
  const { overflowedTokens } = exclusions;
  const why = !scene.demand.allowEscalation
    ? " The request does not allow escalation to another model."
    : overflowedTokens === null
      ? ""
      : ` No other allowed model has a context above ${overflowedTokens} tokens.`;
  const message = `No candidate is left after ${exclusions.count} failed, the last with ${exclusions.lastClass}.${why}`;
  return failure(overflowed ? "context_length_exceeded" : "no_eligible_model", {
    class: exclusions.lastClass,
    message,
    retryAfterMs: state.retryAfterMs,
  });
}

/** Milliseconds until the first open breaker lets a trial call through; null when no breaker stands in the way. */
function soonestReturn(screening: Screening, scene: Scene): number | null {
  if (screening.counts[verdict.breakerOpen] === 0) return null;
  let soonest = Infinity;
  for (const entry of scene.index.entries) {
    if (screening.verdicts[entry.ordinal] !== verdict.breakerOpen) continue;
    soonest = Math.min(soonest, scene.states[entry.providerOrdinal]?.returnsInMs ?? Infinity);
  }
  return soonest;
}

/** The largest context that was too small; null when the context of some model but a spare mock would have been enough. */
function largestFailedContext(screening: Screening, scene: Scene): number | null {
  const enough = screening.counts.subarray(verdict.contextTooSmall + 1, verdict.mockOnlyWhenAlone);
  if (enough.some((count) => count > 0)) return null;
  let largest: number | null = null;
  for (const entry of scene.index.entries) {
    if (screening.verdicts[entry.ordinal] === verdict.contextTooSmall) {
      largest = Math.max(largest ?? 0, entry.contextTokens);
    }
  }
  return largest;
}

function nothingFits(
  screening: Screening,
  { scene, skippedByReason }: { scene: Scene; skippedByReason: RoutingDecision["skippedByReason"] },
): string {
  const counts = Object.entries(skippedByReason)
    .filter(([reason]) => reason !== "not_named")
    .toSorted((a, b) => b[1] - a[1]);
  const commonest = counts[0]?.[0] as SkipReason | undefined;
  if (scene.target.kind === "alias" && scene.target.alias.entries.length === 0) {
    return `Alias ${headerText(scene.target.alias.id, nameLimit)} stands for no model of the catalogue. Add one of its models or change its variants.`;
  }
  if (commonest === undefined) return "The catalogue has no models. Add a provider and a model.";
  const hint = advice[commonest] ?? "Name another model.";
  if (scene.target.kind === "model" && !scene.open) {
    const { entry } = scene.target;
    const detail = describeSkip(entry, { found: screening.verdicts[entry.ordinal] ?? 0, scene });
    return `Model ${headerText(entry.model.id, nameLimit)} cannot take this request: ${detail}. ${hint}`;
  }
  const listed = counts
    .slice(0, 5)
    .map(([reason, count]) => `${count} ${reason}`)
    .join(", ");
  return `No model fits this request: ${listed}. ${hint}`;
}
