import type { Catalogue, CatalogueModel, CatalogueProvider } from "@tokenhub/contracts";
import { indexAliases, type IndexedAlias } from "./index-aliases.ts";
import { declaredMask } from "./capability-mask.ts";
import { verdict, type Verdict } from "./verdict.ts";

/** A model with everything about it that no request can change. */
export interface CatalogueEntry {
  /** Position in `CatalogueIndex.entries`. */
  readonly ordinal: number;
  readonly model: CatalogueModel;
  /** Shared by every decision that names the model; frozen. */
  readonly reference: { modelId: string; providerId: string };
  /** Position in `CatalogueIndex.providers`; -1 when the provider is missing. */
  readonly providerOrdinal: number;
  /** `Infinity` when the model's context is unlimited. */
  readonly contextTokens: number;
  readonly weight: number;
  /** US dollars per 1,000 tokens; `NaN` when the price is unknown. */
  readonly inputPer1kUsd: number;
  readonly outputPer1kUsd: number;
  readonly higherPer1kUsd: number;
  readonly capabilities: number;
  /** 0 when unknown. */
  readonly expectedLatencyMs: number;
  readonly isMock: boolean;
  /** `eligible`, or why no request at all can use the model: disabled, or its provider is missing or disabled. */
  readonly standing: Verdict;
}

/** Lookups over one version of the catalogue. Immutable: any number of decisions may use it at once. */
export interface CatalogueIndex {
  readonly version: number;
  /** Higher weight first, then id: the order of ties, whatever the order of the catalogue. */
  readonly entries: readonly CatalogueEntry[];
  readonly providers: readonly CatalogueProvider[];
  readonly entryById: ReadonlyMap<string, CatalogueEntry>;
  /** By what follows a `/` in a model's id; null when several ids end that way. */
  readonly entryBySuffix: ReadonlyMap<string, CatalogueEntry | null>;
  /** Enabled aliases only. */
  readonly aliases: ReadonlyMap<string, IndexedAlias>;
  /** Capability bits served by at least one usable model whose provider is not a mock. */
  readonly realCapabilities: number;
}

/**
 * Precomputes what `decideRoute` looks up, once per catalogue version: routing a request over 1,000 models then costs tens
 * of microseconds, while building the index costs about a millisecond.
 */
export function indexCatalogue(catalogue: Catalogue): CatalogueIndex {
  const providerOrdinals = new Map(catalogue.providers.map((provider, ordinal) => [provider.id, ordinal]));
  const models = catalogue.models.toSorted(
    (a, b) => b.weight - a.weight || compareText(a.id, b.id) || compareText(a.providerId, b.providerId),
  );
  const entries = models.map((model, ordinal) => {
    const providerOrdinal = providerOrdinals.get(model.providerId) ?? -1;
    return entryOf(model, { ordinal, providerOrdinal, provider: catalogue.providers[providerOrdinal] });
  });
  const entryById = new Map<string, CatalogueEntry>();
  for (const entry of entries) if (!entryById.has(entry.model.id)) entryById.set(entry.model.id, entry);
  return {
    version: catalogue.version,
    entries,
    providers: catalogue.providers,
    entryById,
    entryBySuffix: suffixesOf(entryById.values()),
    aliases: indexAliases(catalogue.aliases, entryById),
    realCapabilities: entries
      .filter((entry) => !entry.isMock && entry.standing === verdict.eligible)
      .reduce((mask, entry) => mask | entry.capabilities, 0),
  };
}

function entryOf(
  model: CatalogueModel,
  place: { ordinal: number; providerOrdinal: number; provider: CatalogueProvider | undefined },
): CatalogueEntry {
  const { price } = model;
  return {
    ordinal: place.ordinal,
    model,
    reference: Object.freeze({ modelId: model.id, providerId: model.providerId }),
    providerOrdinal: place.providerOrdinal,
    contextTokens: model.contextTokens === 0 ? Infinity : model.contextTokens,
    weight: model.weight,
    inputPer1kUsd: price?.inputPer1kUsd ?? NaN,
    outputPer1kUsd: price?.outputPer1kUsd ?? NaN,
    higherPer1kUsd: price === null ? NaN : Math.max(price.inputPer1kUsd, price.outputPer1kUsd),
    capabilities: declaredMask(model.capabilities),
    expectedLatencyMs: model.expectedLatencyMs ?? 0,
    isMock: place.provider?.type === "mock",
    standing: standingOf(model, place.provider),
  };
}

function standingOf(model: CatalogueModel, provider: CatalogueProvider | undefined): Verdict {
  if (!model.enabled) return verdict.disabled;
  if (provider === undefined) return verdict.providerMissing;
  return provider.enabled ? verdict.eligible : verdict.providerDisabled;
}

function suffixesOf(entries: Iterable<CatalogueEntry>): Map<string, CatalogueEntry | null> {
  const bySuffix = new Map<string, CatalogueEntry | null>();
  for (const entry of entries) {
    const { id } = entry.model;
    for (let slash = id.indexOf("/"); slash >= 0; slash = id.indexOf("/", slash + 1)) {
      const suffix = id.slice(slash + 1);
      if (suffix !== "") bySuffix.set(suffix, bySuffix.has(suffix) ? null : entry);
    }
  }
  return bySuffix;
}

function compareText(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
