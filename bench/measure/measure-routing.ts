import type { Catalogue, RoutingFeatures, Strategy } from "@tokenhub/contracts";
import { decideRoute, indexCatalogue, type CatalogueIndex } from "@tokenhub/routing";
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
  const strategies: readonly Strategy[] = ["objective", "highest_weight", "weight_minus_cost", "cheapest"];
  return {
    models: modelCount,
    providers: providerCount,
    indexMs,
    timings: [
      timeDecisions("model named", { index, features: featuresOf({ requestedModel: "model-500" }) }),
      timeDecisions("alias of 10 models", { index, features: featuresOf({ requestedModel: "alias-3" }) }),
      ...strategies.map((strategy) =>
        timeDecisions(`free choice, ${strategy}`, {
          index,
          features: featuresOf({ requestedModel: null, strategy }),
        }),
      ),
    ],
  };
}

function timeDecisions(
  question: string,
  { index, features }: { readonly index: CatalogueIndex; readonly features: RoutingFeatures },
): RoutingTiming {
  const decide = (): void => {
    const outcome = decideRoute({ catalogue: index, features, excluded: [], health: new Map(), nowMs: 0 });
    if (outcome.kind !== "decided") throw new Error(`Routing refused the question "${question}".`);
  };
  for (let count = 0; count < warmUpDecisions; count += 1) decide();
  const samples = Array.from({ length: measuredDecisions }, () => timeMs(decide) * 1_000);
  const { p50, p99, max } = distributionOf(samples);
  return { question, decisions: measuredDecisions, p50Us: p50, p99Us: p99, maxUs: max };
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
    policy: {
      strategy,
      mode: "normal",
      maxCostPer1kUsd: null,
      minContextTokens: null,
      minWeight: null,
      allowFallback: false,
      allowEscalation: true,
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
    })),
    aliases: ids.slice(0, 10).map((index) => ({
      id: `alias-${index}`,
      modelIds: ids.slice(index * 10, index * 10 + 10).map((model) => `model-${model}`),
    })),
  };
}
