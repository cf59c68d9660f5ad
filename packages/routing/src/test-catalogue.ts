import {
  routingPolicySchema,
  type Catalogue,
  type CatalogueAlias,
  type CatalogueModel,
  type CatalogueProvider,
  type ExcludedCandidate,
  type ProviderHealth,
  type RoutingFeatures,
  type RoutingPolicy,
} from "@tokenhub/contracts";
import { indexCatalogue } from "./catalogue-index.ts";
import { decideRoute, type RoutingInput, type RoutingOutcome } from "./decide-route.ts";

/** Test data: every builder gives a valid object and takes what the test is about. */
export function testProvider(id: string, changes: Partial<CatalogueProvider> = {}): CatalogueProvider {
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

export function testModel(id: string, changes: Partial<CatalogueModel> = {}): CatalogueModel {
  return {
    id,
    providerId: "openai",
    upstreamName: id,
    enabled: true,
    weight: 10,
    contextTokens: 8192,
    maxOutputTokens: null,
    price: { inputPer1kUsd: 0.01, outputPer1kUsd: 0.03 },
    capabilities: null,
    expectedLatencyMs: null,
    priceSource: null,
    contextSource: null,
    toolNameMap: {},
    gemma4Output: false,
    ...changes,
  };
}

export function testAlias(
  id: string,
  { models, ...changes }: { models: readonly string[] } & Partial<CatalogueAlias>,
): CatalogueAlias {
  const variants = models.map((modelId) => ({ modelId, weight: 1 }));
  return { id, enabled: true, stickyBy: "scored", variants, ...changes };
}

export function singlePrice(per1kUsd: number): CatalogueModel["price"] {
  return { inputPer1kUsd: per1kUsd, outputPer1kUsd: per1kUsd };
}

export function testCatalogue(changes: Partial<Catalogue> = {}): Catalogue {
  return { v: 1, version: 7, providers: [testProvider("openai")], models: [], aliases: [], ...changes };
}

export function testFeatures(
  changes: Partial<Omit<RoutingFeatures, "policy">> & { policy?: Partial<RoutingPolicy> } = {},
): RoutingFeatures {
  const { policy, ...rest } = changes;
  return {
    operation: "chat",
    wireFormat: "openai-chat",
    stream: false,
    requestedModel: null,
    estimatedInputTokens: 100,
    maxOutputTokens: null,
    needs: [],
    allowedModelIds: null,
    ...rest,
    policy: routingPolicySchema.parse(policy ?? {}),
  };
}

export function testHealth(changes: Partial<ProviderHealth> = {}): ProviderHealth {
  return {
    status: "healthy",
    consecutiveErrors: 0,
    breaker: "closed",
    openedAtMs: 0,
    cooldownUntilMs: 0,
    latencyMs: null,
    errorRate: 0,
    ...changes,
  };
}

export function failedCandidate(
  modelId: string,
  changes: Partial<ExcludedCandidate> = {},
): ExcludedCandidate {
  return {
    modelId,
    providerId: "openai",
    failureClass: "transient",
    wholeProvider: false,
    overflowedContextTokens: null,
    ...changes,
  };
}

export const testNowMs = 1_000_000_000;

type KnownMembers<Of> = { [Name in keyof Of]?: Exclude<Of[Name], undefined> };

/** What a test changes about a decision's input. */
export type RouteChanges = KnownMembers<Omit<RoutingInput, "catalogue" | "health">> & {
  health?: Record<string, ProviderHealth>;
};

/** Routes a request over a catalogue that is indexed on the spot. */
export function route(catalogue: Catalogue, changes: RouteChanges = {}): RoutingOutcome {
  return decideRoute(testInput(catalogue, changes));
}

/** The input of a decision over a catalogue that is indexed on the spot. */
export function testInput(catalogue: Catalogue, changes: RouteChanges = {}): RoutingInput {
  const { health, ...rest } = changes;
  return {
    features: testFeatures(),
    excluded: [],
    nowMs: testNowMs,
    requestId: "req_0000000000000000",
    keyId: null,
    random: () => {
      throw new Error("this decision was to be made without randomness");
    },
    ...rest,
    catalogue: indexCatalogue(catalogue),
    health: new Map(Object.entries(health ?? {})),
  };
}

/** Ids in the order in which they would be tried; empty when the request was refused. */
export function triedModels(outcome: RoutingOutcome): string[] {
  if (outcome.kind === "refused") return [];
  const { chosen, fallbacks } = outcome.decision;
  return [chosen, ...fallbacks].map((candidate) => candidate.modelId);
}

/** What became of one model. */
export function fateOf(outcome: RoutingOutcome, modelId: string) {
  const { considered } = outcome.kind === "decided" ? outcome.decision : outcome;
  return considered.find((candidate) => candidate.modelId === modelId);
}

/** Generation B's sample of several providers. */
export const sampleOfB: Catalogue = testCatalogue({
  providers: [
    testProvider("openai"),
    testProvider("anthropic", { type: "anthropic" }),
    testProvider("vllm-local", { type: "vllm" }),
  ],
  models: [
    testModel("gpt-4", { weight: 90, price: singlePrice(0.03), contextTokens: 8192 }),
    testModel("claude-2", {
      providerId: "anthropic",
      weight: 85,
      price: singlePrice(0.01),
      contextTokens: 100_000,
    }),
    testModel("llama-local", {
      providerId: "vllm-local",
      weight: 70,
      price: singlePrice(0),
      contextTokens: 4096,
    }),
    testModel("gpt-3.5-turbo", { weight: 80, price: singlePrice(0.002), contextTokens: 4096 }),
  ],
});

/** Generation A's two built-in models. */
export const mockModelsOfA: Catalogue = testCatalogue({
  providers: [testProvider("mock", { type: "mock" })],
  models: [
    testModel("mock-gpt-4", {
      providerId: "mock",
      weight: 100,
      price: singlePrice(0.03),
      contextTokens: 8192,
    }),
    testModel("mock-gpt-3.5", {
      providerId: "mock",
      weight: 50,
      price: singlePrice(0.002),
      contextTokens: 4096,
    }),
  ],
});
