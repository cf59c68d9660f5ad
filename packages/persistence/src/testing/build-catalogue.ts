import type { CatalogueAlias, CatalogueModel, CatalogueProvider } from "@tokenhub/contracts";

export function buildProvider(id: string, provider: Partial<CatalogueProvider> = {}): CatalogueProvider {
  return {
    id,
    type: "vllm",
    enabled: true,
    baseUrl: "http://localhost:8000",
    timeoutMs: 30_000,
    concurrency: 32,
    headers: { "x-team": "platform" },
    credentialSource: "env",
    rateLimit: { requestsPerMinute: 600, tokensPerMinute: null },
    options: { endpoints: "http://localhost:8000,http://localhost:8001" },
    ...provider,
  };
}

export function buildModel(id: string, model: Partial<CatalogueModel> = {}): CatalogueModel {
  return {
    id,
    providerId: "vllm",
    upstreamName: `upstream/${id}`,
    enabled: true,
    weight: 0.5,
    contextTokens: 128_000,
    maxOutputTokens: 4_096,
    price: { inputPer1kUsd: 0.0005, outputPer1kUsd: 0.0015 },
    priceSource: "manual",
    contextSource: "provider",
    toolNameMap: { run_sql: "query" },
    gemma4Output: false,
    capabilities: ["chat", "tools"],
    expectedLatencyMs: 800.5,
    ...model,
  };
}

export function buildAlias(id: string, modelIds: readonly string[]): CatalogueAlias {
  return {
    id,
    enabled: true,
    stickyBy: "scored",
    variants: modelIds.map((modelId) => ({ modelId, weight: 1 })),
  };
}
