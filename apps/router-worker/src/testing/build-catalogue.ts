import type { Catalogue, CatalogueModel, CatalogueProvider } from "@tokenhub/contracts";

/** Test data: a catalogue of one provider, `up`. */
export function buildCatalogue(changes: Partial<Catalogue> = {}): Catalogue {
  return { v: 1, version: 3, providers: [buildProvider("up")], models: [], aliases: [], ...changes };
}

function buildProvider(id: string, changes: Partial<CatalogueProvider> = {}): CatalogueProvider {
  return {
    id,
    type: "openai",
    enabled: true,
    baseUrl: null,
    timeoutMs: 30_000,
    concurrency: 8,
    headers: {},
    options: {},
    credentialSource: "env",
    rateLimit: null,
    ...changes,
  };
}

export function buildModel(id: string, changes: Partial<CatalogueModel> = {}): CatalogueModel {
  return {
    id,
    providerId: "up",
    upstreamName: id,
    enabled: true,
    weight: 10,
    contextTokens: 8192,
    maxOutputTokens: null,
    price: { inputPer1kUsd: 0.01, outputPer1kUsd: 0.03 },
    priceSource: null,
    contextSource: null,
    capabilities: null,
    expectedLatencyMs: null,
    toolNameMap: {},
    gemma4Output: false,
    ...changes,
  };
}
