import type { ExcludedCandidate, FailureClass } from "@tokenhub/contracts";
import type { CatalogueEntry, CatalogueIndex } from "./catalogue-index.ts";

/** What earlier failures of the same request forbid. */
export interface Exclusions {
  readonly count: number;
  /** The model that failed first; null when the catalogue no longer has it. */
  readonly first: CatalogueEntry | null;
  /** Ordinals of models that failed. */
  readonly models: ReadonlySet<number>;
  /** Ids of providers that are out with all their models. */
  readonly providers: ReadonlySet<string>;
  /** The largest context that was too small; null when none overflowed. */
  readonly overflowedTokens: number | null;
  readonly lastClass: FailureClass;
}

/** Gathers the failures of a request; null when there are none, which is the usual case. */
export function gatherExclusions(
  index: CatalogueIndex,
  excluded: readonly ExcludedCandidate[],
): Exclusions | null {
  const last = excluded.at(-1);
  if (last === undefined) return null;
  const models = new Set<number>();
  const providers = new Set<string>();
  let first: CatalogueEntry | null = null;
  let overflowedTokens: number | null = null;
  for (const failed of excluded) {
    const entry = index.entryById.get(failed.modelId);
    if (entry?.model.providerId === failed.providerId) {
      models.add(entry.ordinal);
      first ??= entry;
    }
    if (failed.wholeProvider) providers.add(failed.providerId);
    if (failed.overflowedContextTokens !== null) {
      overflowedTokens = Math.max(overflowedTokens ?? 0, failed.overflowedContextTokens);
    }
  }
  return { count: excluded.length, first, models, providers, overflowedTokens, lastClass: last.failureClass };
}
