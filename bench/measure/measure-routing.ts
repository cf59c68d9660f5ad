import { strategySchema, type Catalogue, type RoutingFeatures, type Strategy } from "@tokenhub/contracts";
import {
  createDecisionCache,
  decideRoute,
  indexArms,
  indexCatalogue,
  type ArmIndex,
  type CatalogueIndex,
  type RoutingInput,
  type RoutingOutcome,
} from "@tokenhub/routing";
import { distributionOf } from "../load/distribution.ts";

const modelCount = 1_000;
const providerCount = 20;
const warmUpDecisions = 2_000;
const measuredDecisions = 10_000;

/** Time of one routing decision over a catalogue, in microseconds. */
interface RoutingTiming {
  readonly question: string;
  readonly decisions: number;
  readonly p50Us: number;
  readonly p99Us: number;
  readonly maxUs: number;
}

export interface RoutingResult {
  readonly models: number;
  readonly providers: number;
  /** Building the index of the catalogue, which happens once per version; median of 50. */
  readonly indexMs: number;
  readonly timings: readonly RoutingTiming[];
}

/** Times `decideRoute` over 1,000 models: the model is named, an alias of ten, and free choice with each strategy. */
export function measureRouting(): RoutingResult {
  const catalogue = buildCatalogue();
  const indexMs = distributionOf(
    Array.from({ length: 50 }, () => timeMs(() => indexCatalogue(catalogue))),
  ).p50;
  const index = indexCatalogue(catalogue);
  return {
    models: modelCount,
    providers: providerCount,
    indexMs,
    timings: [
      timeDecisions("model named", { index, features: featuresOf({ requestedModel: "model-500" }) }),
      timeDecisions("alias of 10 models", { index, features: featuresOf({ requestedModel: "alias-3" }) }),
      ...strategySchema.options.map((strategy) =>
        timeDecisions(`free choice, ${strategy}`, {
          index,
          features: featuresOf({ requestedModel: null, strategy }),
        }),
      ),
      timeDecisions("free choice, remembered", {
        index,
        features: featuresOf({ requestedModel: null }),
        decide: createDecisionCache({ limit: 64 }).decide,
      }),
    ],
  };
}

function timeDecisions(
  question: string,
  {
    index,
    features,
    decide: decideOnce = decideRoute,
  }: {
    readonly index: CatalogueIndex;
    readonly features: RoutingFeatures;
    readonly decide?: (input: RoutingInput) => RoutingOutcome;
  },
): RoutingTiming {
  const input: RoutingInput = {
    catalogue: index,
    features,
    excluded: [],
    health: new Map(),
    nowMs: 0,
    requestId: "req_0000000000000000",
    keyId: null,
    random: Math.random,
    arms: knownArms(index),
  };
  const decide = (): void => {
    const outcome = decideOnce(input);
    if (outcome.kind !== "decided") throw new Error(`Routing refused the question "${question}".`);
  };
  for (let count = 0; count < warmUpDecisions; count += 1) decide();
  const samples = Array.from({ length: measuredDecisions }, () => timeMs(decide) * 1_000);
  const { p50, p99, max } = distributionOf(samples);
  return { question, decisions: measuredDecisions, p50Us: p50, p99Us: p99, maxUs: max };
}

/** A belief about every model, each a different one. */
function knownArms(index: CatalogueIndex): ArmIndex {
  return indexArms({
    arms: index.entries.map(({ model, ordinal }) => ({
      modelId: model.id,
      tokenBucket: "small",
      alpha: 1.5 + (ordinal % 50),
      beta: 1.5 + (ordinal % 20),
      updatedAtMs: 0,
    })),
  });
}

function timeMs(work: () => unknown): number {
  const startedAt = performance.now();
  work();
  return performance.now() - startedAt;
}

function featuresOf({
  requestedModel,
  strategy = "objective",
}: {
  readonly requestedModel: string | null;
  readonly strategy?: Strategy;
}): RoutingFeatures {
  return {
    operation: "chat",
    wireFormat: "openai-chat",
    stream: true,
    requestedModel,
    estimatedInputTokens: 900,
    maxOutputTokens: 500,
    needs: ["tools"],
    allowedModelIds: null,
    policy: {
      strategy,
      mode: "normal",
      maxCostPer1kUsd: null,
      maxBudgetUsd: null,
      maxLatencyMs: null,
      minContextTokens: null,
      minWeight: null,
      allowFallback: false,
      allowEscalation: true,
      allowExploration: true,
      explorationShare: 0.2,
      explorationTemperature: 0,
    },
  };
}

function buildCatalogue(): Catalogue {
  const ids = Array.from({ length: modelCount }, (_, index) => index);
  return {
    v: 1,
    version: 1,
    providers: ids.slice(0, providerCount).map((index) => ({
      id: `provider-${index}`,
      type: "openai-compatible",
      enabled: true,
      baseUrl: `https://provider-${index}.example`,
      timeoutMs: 30_000,
      concurrency: 32,
      headers: {},
      options: {},
      credentialSource: "none" as const,
      rateLimit: null,
    })),
    models: ids.map((index) => ({
      id: `model-${index}`,
      providerId: `provider-${index % providerCount}`,
      upstreamName: `model-${index}`,
      enabled: true,
      weight: (index * 7) % 100,
      contextTokens: 8_192 * (1 + (index % 16)),
      maxOutputTokens: 4_096,
      price: { inputPer1kUsd: 0.0001 * (1 + (index % 50)), outputPer1kUsd: 0.0003 * (1 + (index % 50)) },
      capabilities: ["chat", "completion", "tools", "streaming"],
      expectedLatencyMs: 200 + (index % 40) * 50,
      priceSource: null,
      contextSource: null,
      toolNameMap: {},
      gemma4Output: false,
    })),
    aliases: ids.slice(0, 10).map((index) => ({
      id: `alias-${index}`,
      enabled: true,
      stickyBy: "scored" as const,
      variants: ids
        .slice(index * 10, index * 10 + 10)
        .map((model) => ({ modelId: `model-${model}`, weight: 1 })),
    })),
  };
}
