import type { AliasStickiness, CatalogueAlias } from "@tokenhub/contracts";
import type { CatalogueEntry } from "./catalogue-index.ts";

export interface IndexedVariant {
  readonly entry: CatalogueEntry;
  readonly weight: number;
}

/** An alias with its variants found in the catalogue. */
export interface IndexedAlias {
  readonly id: string;
  readonly stickyBy: AliasStickiness;
  /** In the order of the catalogue's entries, each model once. May be empty. */
  readonly variants: readonly IndexedVariant[];
  /** The models of `variants`. */
  readonly entries: readonly CatalogueEntry[];
}

/**
 * The enabled aliases. Variants are looked up among the models only, so that an alias never stands for itself or another
 * alias; what the catalogue does not know is left out. A model that is listed twice has the sum of both weights.
 */
export function indexAliases(
  aliases: readonly CatalogueAlias[],
  entryById: ReadonlyMap<string, CatalogueEntry>,
): Map<string, IndexedAlias> {
  const enabled = aliases.filter((alias) => alias.enabled);
  return new Map(enabled.map((alias) => [alias.id, indexAlias(alias, entryById)]));
}

function indexAlias(alias: CatalogueAlias, entryById: ReadonlyMap<string, CatalogueEntry>): IndexedAlias {
  const weights = new Map<CatalogueEntry, number>();
  for (const { modelId, weight } of alias.variants) {
    const entry = entryById.get(modelId);
    if (entry !== undefined) weights.set(entry, (weights.get(entry) ?? 0) + weight);
  }
  const variants = [...weights]
    .map(([entry, weight]) => ({ entry, weight }))
    .toSorted((a, b) => a.entry.ordinal - b.entry.ordinal);
  return {
    id: alias.id,
    stickyBy: alias.stickyBy,
    variants,
    entries: variants.map((variant) => variant.entry),
  };
}
