import { nextTurn, type CatalogueIndex, type IndexedAlias } from "@tokenhub/routing";

/** Aliases beyond this many forget the turns of the one that waited longest. */
const aliasLimit = 10_000;

export interface AliasTurns {
  /** Takes the next turn of an alias of this catalogue; turns taken in an older catalogue are forgotten. */
  readonly take: (catalogue: CatalogueIndex, alias: IndexedAlias) => number;
}

/**
 * Whose turn it is at each `round_robin` alias. Every router process takes turns of its own; what several of them send
 * together keeps the weights, give or take a turn per process.
 */
export function createAliasTurns({ limit = aliasLimit }: { readonly limit?: number } = {}): AliasTurns {
  const creditsById = new Map<string, readonly number[]>();
  let current: CatalogueIndex | null = null;
  return {
    take(catalogue, alias) {
      if (catalogue !== current) creditsById.clear();
      current = catalogue;
      const { position, credits } = nextTurn(
        creditsById.get(alias.id) ?? [],
        alias.variants.map((variant) => variant.weight),
      );
      creditsById.delete(alias.id);
      if (creditsById.size >= limit)
        for (const oldest of creditsById.keys()) if (creditsById.delete(oldest)) break;
      creditsById.set(alias.id, credits);
      return position;
    },
  };
}
