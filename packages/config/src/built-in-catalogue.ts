import type { ModelConfig, ProviderConfig } from "./product-config.ts";

export const defaultProviderTimeoutMs = 120_000;
export const defaultProviderConcurrency = 32;

/** The always present provider that answers without network, key or cost. */
export const mockProvider: ProviderConfig = {
  ...plainProvider("mock", "mock"),
  credentialSource: "none",
  credential: { source: "none", envName: null, inlineKey: null },
};

export const mockModels: readonly ModelConfig[] = [
  plainModel("mock-gpt-4", { providerId: "mock", weight: 100, contextTokens: 8_192, prices: [0.03, 0.03] }),
  plainModel("mock-gpt-3.5", {
    providerId: "mock",
    weight: 50,
    contextTokens: 4_096,
    prices: [0.002, 0.002],
  }),
];

/** Providers offered without a configuration file; all but vLLM also bring models. */
export const defaultProviders: readonly ProviderConfig[] = [
  plainProvider("openai", "openai"),
  plainProvider("anthropic", "anthropic"),
];

/** Models offered without a configuration file, each only when its provider has a credential (requirements D18). */
export const defaultModels: readonly ModelConfig[] = [
  plainModel("gpt-4", { providerId: "openai", weight: 8, contextTokens: 128_000, prices: [0.01, 0.03] }),
  plainModel("gpt-3.5-turbo", {
    providerId: "openai",
    weight: 3,
    contextTokens: 16_385,
    prices: [0.0005, 0.0015],
  }),
  {
    ...plainModel("claude-opus", {
      providerId: "anthropic",
      weight: 10,
      contextTokens: 200_000,
      prices: [0.015, 0.075],
    }),
    // The provider knows no model by the short name.
    upstreamName: "claude-opus-4-5",
  },
  {
    ...plainModel("claude-sonnet", {
      providerId: "anthropic",
      weight: 7,
      contextTokens: 200_000,
      prices: [0.003, 0.015],
    }),
    upstreamName: "claude-sonnet-4-5",
  },
  {
    ...plainModel("claude-2", {
      providerId: "anthropic",
      weight: 85,
      contextTokens: 100_000,
      prices: [0.01, 0.01],
    }),
    capabilities: ["chat", "completion", "streaming"],
  },
];

/** Ids that models and aliases of a file may name although the file does not define them. */
export const builtInProviderIds: readonly string[] = [
  "mock",
  "vllm",
  ...defaultProviders.map(({ id }) => id),
];

/** A provider with nothing but defaults. */
export function plainProvider(id: string, type: string): ProviderConfig {
  return {
    id,
    type,
    enabled: true,
    baseUrl: null,
    timeoutMs: defaultProviderTimeoutMs,
    concurrency: defaultProviderConcurrency,
    headers: {},
    options: {},
    credentialSource: "env",
    rateLimit: null,
    credential: { source: "default", envName: null, inlineKey: null },
  };
}

interface PlainModel {
  readonly providerId: string;
  readonly weight: number;
  readonly contextTokens: number;
  /** US dollars per 1,000 tokens, input and output. */
  readonly prices: readonly [input: number, output: number];
}

function plainModel(id: string, { providerId, weight, contextTokens, prices }: PlainModel): ModelConfig {
  return {
    id,
    providerId,
    upstreamName: id,
    enabled: true,
    weight,
    contextTokens,
    maxOutputTokens: null,
    price: { inputPer1kUsd: prices[0], outputPer1kUsd: prices[1] },
    capabilities: null,
    expectedLatencyMs: null,
    priceSource: "manual",
    contextSource: "manual",
    toolNameMap: {},
    gemma4Output: false,
    cache: null,
  };
}
