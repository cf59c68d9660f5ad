import type { RunSettings } from "@tokenhub/contracts";
import type { OrchestrationRequest } from "@tokenhub/contracts/api";

/** Who is to play a part. */
export interface RoleWish {
  /** Model id or alias; null: the router picks. */
  readonly modelId: string | null;
  readonly minWeight: number | null;
  /** How the request's own field is called, for messages. */
  readonly field: string;
}

/** An orchestration as a request asks for it, whichever door it came through. Nothing of it is checked against the modes yet. */
export interface OrchestrationWish {
  /** Empty: not said. */
  readonly mode: string;
  /** The door answers in the shape of this mode, so nothing in the conversation may change it. */
  readonly isModeFixed: boolean;
  /** The model name that asked for it, as the caller wrote it; null: something else did. */
  readonly virtualModel: string | null;
  /** Rounds, or voters; 0: the mode's default. */
  readonly iterations: number;
  readonly primary: RoleWish;
  readonly review: RoleWish;
  /** Whether others may stand in for named models; null: as the request's policy says. */
  readonly allowFallback: boolean | null;
  readonly planOnly: boolean;
  readonly refines: boolean;
  readonly stopsWhenAccepted: boolean;
  readonly includeCritique: boolean;
  readonly options: RunSettings["options"];
  /** How the request calls these, for messages. */
  readonly fields: { readonly mode: string; readonly iterations: string; readonly options: string };
}

/** What a wish is where nothing is said: `planning`, played by whom the router picks. */
export const plainWish: OrchestrationWish = Object.freeze({
  mode: "planning",
  isModeFixed: false,
  virtualModel: null,
  iterations: 0,
  primary: { modelId: null, minWeight: null, field: "primary_model_id" },
  review: { modelId: null, minWeight: null, field: "review_model_id" },
  allowFallback: null,
  planOnly: false,
  refines: true,
  stopsWhenAccepted: true,
  includeCritique: true,
  options: {},
  fields: { mode: "mode", iterations: "iterations", options: "options" },
});

/**
 * The wish in an `orchestration` object that fits its schema.
 * @param at where the object stands in the body, e.g. `orchestration`.
 * @param allowFallback what that is where the object says nothing; null: as the request's policy says.
 */
export function wishOf(
  stated: OrchestrationRequest,
  { at, allowFallback = null }: { readonly at: string; readonly allowFallback?: boolean | null },
): OrchestrationWish {
  return {
    ...plainWish,
    mode: stated.mode ?? "",
    iterations: stated.iterations ?? 0,
    primary: {
      modelId: namedModel(stated.primary_model_id),
      minWeight: stated.primary_min_weight ?? null,
      field: `${at}.primary_model_id`,
    },
    review: {
      modelId: namedModel(stated.review_model_id),
      minWeight: stated.review_min_weight ?? null,
      field: `${at}.review_model_id`,
    },
    allowFallback: stated.allow_fallback ?? allowFallback,
    planOnly: stated.return_plan_only ?? false,
    stopsWhenAccepted: stated.stop_when_accepted ?? true,
    includeCritique: stated.include_critique ?? true,
    options: stated.options ?? {},
    fields: { mode: `${at}.mode`, iterations: `${at}.iterations`, options: `${at}.options` },
  };
}

/** Null for the names that leave the choice to the router. */
export function namedModel(name: string | null | undefined): string | null {
  const trimmed = name?.trim() ?? "";
  return trimmed === "" || trimmed === "*" || trimmed === "auto" ? null : trimmed;
}
