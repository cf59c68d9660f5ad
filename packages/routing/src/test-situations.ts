import {
  aliasStickinessSchema,
  capabilitySchema,
  strategySchema,
  tokenBucketSchema,
  type BanditArm,
  type Catalogue,
  type CatalogueAlias,
  type CatalogueModel,
  type Capability,
  type ExcludedCandidate,
  type Operation,
  type ProviderHealth,
  type RoutingFeatures,
} from "@tokenhub/contracts";
import * as fc from "fast-check";
import { indexArms, type ArmIndex } from "./bandit/arm-index.ts";
import { seededRandom } from "./seeded-random.ts";
import {
  testCatalogue,
  testFeatures,
  testHealth,
  testModel,
  testNowMs,
  testProvider,
  type RouteChanges,
} from "./test-catalogue.ts";

const providerIds = ["p", "q", "r", "mock"];
const modelIds = Array.from({ length: 12 }, (_, n) => `m${n}`);
const price = fc.constantFrom(0, 0.001, 0.002, 0.01, 0.03, 0.06);
const context = fc.constantFrom(0, 1000, 1150, 4096, 8192, 8192, 128_000);

/** Null three times in four: limits that all act at once leave nothing to decide. */
function seldom<Value>(arbitrary: fc.Arbitrary<Value>): fc.Arbitrary<Value | null> {
  return fc.oneof({ arbitrary: fc.constant(null), weight: 3 }, { arbitrary, weight: 1 });
}

function mostly<Value>(usual: Value, other: Value): fc.Arbitrary<Value> {
  return fc.constantFrom(usual, usual, usual, usual, other);
}

const model = (id: string): fc.Arbitrary<CatalogueModel> =>
  fc
    .record({
      providerId: fc.constantFrom(...providerIds, ...providerIds, ...providerIds, "gone"),
      enabled: mostly(true, false),
      weight: fc.constantFrom(0, 0.5, 1, 5, 10, 150),
      contextTokens: context,
      price: fc.option(fc.record({ inputPer1kUsd: price, outputPer1kUsd: price })),
      capabilities: seldom(fc.uniqueArray(fc.constantFrom(...capabilitySchema.options), { maxLength: 4 })),
      expectedLatencyMs: fc.constantFrom(null, 100, 900),
    })
    .map((changes) => testModel(id, changes));

const alias: fc.Arbitrary<CatalogueAlias> = fc.record({
  id: fc.constantFrom("some", "drawn", "*"),
  enabled: mostly(true, false),
  stickyBy: fc.constantFrom(...aliasStickinessSchema.options),
  variants: fc.array(
    fc.record({ modelId: fc.constantFrom(...modelIds, "deleted"), weight: fc.constantFrom(0.1, 1, 90) }),
    { minLength: 1, maxLength: 4 },
  ),
});

const catalogues: fc.Arbitrary<Catalogue> = fc
  .record({
    models: fc
      .uniqueArray(fc.constantFrom(...modelIds), { minLength: 8 })
      .chain((ids) => fc.tuple(...ids.map(model))),
    enabled: fc.array(mostly(true, false), { minLength: 4, maxLength: 4 }),
    aliases: fc.array(alias, { maxLength: 3 }),
  })
  .map(({ models, enabled, aliases }) =>
    testCatalogue({
      models,
      providers: providerIds.map((id, at) =>
        testProvider(id, { enabled: enabled[at] ?? true, type: id === "mock" ? "mock" : "openai" }),
      ),
      aliases,
    }),
  );

const features: fc.Arbitrary<RoutingFeatures> = fc
  .record({
    operation: mostly<Operation>("chat", "embeddings"),
    stream: mostly(false, true),
    requestedModel: fc.oneof(
      { arbitrary: fc.constant(null), weight: 2 },
      { arbitrary: fc.constantFrom("", "m1", "p/m2", "some", "drawn", "*", "unknown"), weight: 1 },
    ),
    estimatedInputTokens: fc.constantFrom(0, 100, 100, 500, 1000, 3000, 20_000),
    maxOutputTokens: fc.constantFrom(null, null, null, 0, 150, 4000),
    needs: fc.oneof(
      { arbitrary: fc.constant<Capability[]>([]), weight: 3 },
      {
        arbitrary: fc.uniqueArray(fc.constantFrom<Capability[]>("tools", "images"), { maxLength: 2 }),
        weight: 1,
      },
    ),
    allowedModelIds: seldom(fc.subarray(modelIds, { minLength: 4 })),
    policy: fc.record({
      strategy: fc.constantFrom(...strategySchema.options),
      mode: fc.constantFrom("normal" as const, "cheap" as const, "high_confidence" as const),
      maxCostPer1kUsd: seldom(price),
      maxBudgetUsd: seldom(fc.constantFrom(0, 0.005, 0.02, 0.05, 1)),
      maxLatencyMs: seldom(fc.constantFrom(50, 500, 5000)),
      minContextTokens: seldom(fc.constantFrom(1000, 4096, 128_000)),
      minWeight: seldom(fc.constantFrom(0, 1, 10)),
      allowFallback: fc.boolean(),
      allowEscalation: mostly(true, false),
      allowExploration: mostly(true, false),
      explorationShare: fc.constantFrom(0, 0.2, 1, 1, 1),
      explorationTemperature: fc.constantFrom(0, 5, 5),
    }),
  })
  .map(testFeatures);

const healths: fc.Arbitrary<Record<string, ProviderHealth>> = fc.dictionary(
  fc.constantFrom(...providerIds),
  fc
    .record({
      status: fc.constantFrom("healthy" as const, "degraded" as const, "down" as const),
      breaker: fc.constantFrom<ProviderHealth["breaker"][]>(
        "closed",
        "closed",
        "closed",
        "open",
        "half_open",
      ),
      openedAtMs: fc.constantFrom(testNowMs - 60_000, testNowMs - 30_000, testNowMs - 29_999),
      cooldownUntilMs: fc.constantFrom(0, 0, 0, testNowMs, testNowMs + 1, testNowMs + 9_000),
      latencyMs: fc.constantFrom(null, 10, 2000),
      errorRate: fc.constantFrom(0, 0.1, 1),
    })
    .map(testHealth),
);

const exclusions: fc.Arbitrary<ExcludedCandidate[]> = fc.oneof(
  { arbitrary: fc.constant<ExcludedCandidate[]>([]), weight: 2 },
  {
    arbitrary: fc.array(
      fc.record({
        modelId: fc.constantFrom(...modelIds),
        providerId: fc.constantFrom(...providerIds),
        failureClass: fc.constantFrom<ExcludedCandidate["failureClass"][]>(
          "transient",
          "auth",
          "context_overflow",
        ),
        wholeProvider: mostly(false, true),
        overflowedContextTokens: fc.constantFrom(null, null, null, 1000, 4096),
      }),
      { minLength: 1, maxLength: 3 },
    ),
    weight: 1,
  },
);

const arm: fc.Arbitrary<BanditArm> = fc.record({
  modelId: fc.constantFrom(...modelIds),
  tokenBucket: fc.constantFrom(...tokenBucketSchema.options),
  alpha: fc.constantFrom(0.5, 1, 8.5, 400),
  beta: fc.constantFrom(0.5, 1, 3.5, 400),
  updatedAtMs: fc.constant(0),
});

/** One request with everything that a decision depends on. */
export interface Situation {
  readonly catalogue: Catalogue;
  readonly features: RoutingFeatures;
  readonly health: Record<string, ProviderHealth>;
  readonly excluded: ExcludedCandidate[];
  readonly requestId: string;
  readonly keyId: string | null;
  readonly arms: ArmIndex;
  /** Seed of the randomness. */
  readonly seed: number;
}

export const situations: fc.Arbitrary<Situation> = fc.record({
  catalogue: catalogues,
  features,
  health: healths,
  excluded: exclusions,
  requestId: fc.constantFrom("req_1", "req_2"),
  keyId: fc.constantFrom(null, "key_1"),
  arms: fc.array(arm).map((arms) => indexArms({ arms })),
  seed: fc.nat(),
});

/** The situation as the input of one decision, with randomness of its own. */
export function questionOf(situation: Situation): RouteChanges {
  const { catalogue: _, seed, ...input } = situation;
  return { ...input, random: seededRandom(seed) };
}
