import { TokenHubError, type ModelWish, type RoutingPolicy, type RunSettings } from "@tokenhub/contracts";
import type { RunMode } from "@tokenhub/orchestration";
import type { OrchestrationWish, RoleWish } from "./orchestration-wish.ts";

/**
 * The settings a wish comes to under a mode, defaults filled in.
 * @throws TokenHubError `invalid_request` in the names of the request's own fields.
 */
export function runSettings(mode: RunMode, wish: OrchestrationWish, policy: RoutingPolicy): RunSettings {
  const allowFallback = wish.allowFallback ?? policy.allowFallback;
  const modelWish = ({ modelId, minWeight }: RoleWish): ModelWish => ({
    modelId,
    allowFallback,
    minWeight: higher(minWeight, policy.minWeight),
  });
  const normalised = mode.normalise({
    mode: mode.name,
    modeVersion: mode.version,
    rounds: wish.iterations,
    voters: 0,
    planOnly: wish.planOnly,
    refines: wish.refines,
    stopsWhenAccepted: wish.stopsWhenAccepted,
    primary: modelWish(wish.primary),
    review: modelWish(wish.review),
    options: wish.options,
  });
  if (normalised.kind === "ok") return normalised.settings;
  const param = fieldOf(normalised.param, wish);
  const message = normalised.message.replaceAll(`\`${normalised.param}\``, `\`${param}\``);
  throw new TokenHubError("invalid_request", message, { param });
}

/** A setting by the name that this request has for it. */
function fieldOf(param: string, { fields }: OrchestrationWish): string {
  if (param === "iterations") return fields.iterations;
  return param.startsWith("options") ? fields.options + param.slice("options".length) : param;
}

function higher(one: number | null, other: number | null): number | null {
  return one === null || other === null ? (one ?? other) : Math.max(one, other);
}
