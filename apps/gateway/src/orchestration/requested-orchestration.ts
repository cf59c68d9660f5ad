import { TokenHubError } from "@tokenhub/contracts";
import type { CatalogueIndex } from "@tokenhub/routing";
import type { Directives } from "@tokenhub/shaping";
import type { RoutingWishes } from "../admission/routing-wishes.ts";
import type { EndpointRequest } from "../sync/generation-endpoint.ts";
import { namedModel, plainWish, type OrchestrationWish } from "./orchestration-wish.ts";
import { modeOfVirtualModel } from "./virtual-models.ts";

export interface OrchestrationSources {
  readonly read: EndpointRequest;
  readonly directives: Directives;
  /** Of headers; those of the body win. */
  readonly headerWishes: RoutingWishes;
  /** Names of the modes there are. */
  readonly modes: readonly string[];
  readonly index: CatalogueIndex;
}

/** Modes that a directive starts an orchestration with; other modes of directives are routing's. */
const directiveModes = ["planning", "adversarial", "vote", "refine"] as const;

/**
 * The orchestration a request asks for, null when it asks for none. In this order a directive, the body's `orchestration`, the
 * name of a virtual model, and a `mode` of `vote` or `refine` among the routing wishes name its mode. A model that is named
 * beside it plays the first part. `mode=planning` and `mode=adversarial` start one as directives only: elsewhere they are modes
 * of routing, as they have always been.
 * @throws TokenHubError `invalid_directive` for a mode at a door that runs another one.
 */
export function requestedOrchestration(sources: OrchestrationSources): OrchestrationWish | null {
  const { read, directives, headerWishes } = sources;
  const model = typeof read.body["model"] === "string" ? read.body["model"] : null;
  const virtualMode = modeOfVirtualModel(model, sources);
  const directiveMode = directiveModes.find((mode) => mode === directives.mode) ?? null;
  const wished = { ...headerWishes, ...read.wishes }.orchestrates ?? null;
  const stated = read.orchestration ?? null;
  const mode = directiveMode ?? (stated?.mode || virtualMode || wished);
  if (stated === null && mode === null) return null;
  if (stated?.isModeFixed === true && mode !== stated.mode)
    throw new TokenHubError("invalid_directive", `Directive \`mode\` must be ${stated.mode} here.`, {
      param: "mode",
    });
  const base = stated ?? plainWish;
  const named = virtualMode === null ? namedModel(model) : null;
  const primary =
    base.primary.modelId === null && named !== null
      ? { ...base.primary, modelId: named, field: "model" }
      : base.primary;
  return {
    ...base,
    mode: mode || plainWish.mode,
    virtualModel: virtualMode === null ? null : model,
    iterations: directives.iterations ?? base.iterations,
    primary: { ...primary, minWeight: directives.primaryMinWeight ?? primary.minWeight },
    review: { ...base.review, minWeight: directives.reviewMinWeight ?? base.review.minWeight },
    planOnly: directives.returnPlanOnly ?? base.planOnly,
  };
}
