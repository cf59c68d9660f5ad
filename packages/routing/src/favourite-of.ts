import type { CatalogueEntry } from "./catalogue-index.ts";
import { drawVariant } from "./draw-variant.ts";
import type { IndexedAlias } from "./index-aliases.ts";
import { nextTurn } from "./next-turn.ts";
import type { RoutingTarget } from "./resolve-target.ts";

/** What an alias draws its variant by. */
export interface DrawInput {
  readonly requestId: string;
  /** The caller's key; null falls back to the request. */
  readonly keyId: string | null;
  /** Takes the next turn of a `round_robin` alias: a position in its variants. Without it, the first turn. */
  readonly takeTurn?: (alias: IndexedAlias) => number;
}

/**
 * The candidate that comes first whatever the scores say, if it fits: the model that the request names, or the variant that
 * an alias draws. Null when the strategy chooses. A turn is taken in the first round only: later ones are about the same
 * request.
 */
export function favouriteOf(
  target: RoutingTarget,
  draw: DrawInput & { readonly isFirstRound: boolean },
): CatalogueEntry | null {
  if (target.kind === "model") return target.entry;
  if (target.kind !== "alias") return null;
  const { alias } = target;
  switch (alias.stickyBy) {
    case "scored":
      return null;
    case "request":
      return drawVariant(alias, draw.requestId)?.entry ?? null;
    case "api_key":
      return drawVariant(alias, draw.keyId ?? draw.requestId)?.entry ?? null;
    case "round_robin": {
      if (!draw.isFirstRound) return null;
      const takeTurn = draw.takeTurn ?? firstTurn;
      return alias.variants[takeTurn(alias)]?.entry ?? null;
    }
  }
}

function firstTurn(alias: IndexedAlias): number {
  return nextTurn(
    [],
    alias.variants.map((variant) => variant.weight),
  ).position;
}
