import {
  capabilitySchema,
  routingDecisionSchema,
  type Catalogue,
  type CatalogueModel,
  type ExcludedCandidate,
  type ProviderHealth,
  type RoutingFeatures,
} from "@tokenhub/contracts";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { contextFits } from "./context-fit.ts";
import type { RoutingOutcome } from "./decide-route.ts";
import {
  route,
  testCatalogue,
  testFeatures,
  testHealth,
  testModel,
  testNowMs,
  testProvider,
  triedModels,
} from "./test-catalogue.ts";

const providerIds = ["p", "q", "r", "mock"];
const modelIds = Array.from({ length: 12 }, (_, n) => `m${n}`);
const price = fc.constantFrom(0, 0.001, 0.002, 0.01, 0.03, 0.06);
const context = fc.constantFrom(0, 1000, 1150, 4096, 8192, 128_000);

const model = (id: string): fc.Arbitrary<CatalogueModel> =>
  fc
    .record({
      providerId: fc.constantFrom(...providerIds, "gone"),
      enabled: fc.constantFrom(true, true, true, false),
      weight: fc.constantFrom(0, 0.5, 1, 5, 10, 150),
      contextTokens: context,
      price: fc.option(fc.record({ inputPer1kUsd: price, outputPer1kUsd: price })),
      capabilities: fc.option(fc.uniqueArray(fc.constantFrom(...capabilitySchema.options), { maxLength: 4 })),
      expectedLatencyMs: fc.constantFrom(null, 100, 900),
    })
    .map((changes) => testModel(id, changes));

const catalogues: fc.Arbitrary<Catalogue> = fc
  .record({
    models: fc
      .uniqueArray(fc.constantFrom(...modelIds), { minLength: 1 })
      .chain((ids) => fc.tuple(...ids.map(model))),
    enabled: fc.array(fc.constantFrom(true, true, false), { minLength: 4, maxLength: 4 }),
    members: fc.uniqueArray(fc.constantFrom(...modelIds), { minLength: 1, maxLength: 4 }),
  })
  .map(({ models, enabled, members }) =>
    testCatalogue({
      models,
      providers: providerIds.map((id, at) =>
        testProvider(id, { enabled: enabled[at] ?? true, type: id === "mock" ? "mock" : "openai" }),
      ),
      aliases: [{ id: "some", modelIds: members }],
    }),
  );

const features: fc.Arbitrary<RoutingFeatures> = fc
  .record({
    operation: fc.constantFrom("chat" as const, "chat" as const, "embeddings" as const),
    stream: fc.boolean(),
    requestedModel: fc.constantFrom(null, null, "", "m1", "p/m2", "some", "unknown"),
    estimatedInputTokens: fc.constantFrom(0, 500, 1000, 3000, 20_000),
    maxOutputTokens: fc.constantFrom(null, 0, 150, 4000),
    needs: fc.uniqueArray(fc.constantFrom("tools" as const, "images" as const), { maxLength: 2 }),
    policy: fc.record({
      strategy: fc.constantFrom(
        "objective" as const,
        "highest_weight" as const,
        "weight_minus_cost" as const,
        "cheapest" as const,
      ),
      mode: fc.constantFrom("normal" as const, "cheap" as const, "high_confidence" as const),
      maxCostPer1kUsd: fc.option(price),
      minContextTokens: fc.option(context),
      minWeight: fc.option(fc.constantFrom(0, 1, 10)),
      allowFallback: fc.boolean(),
      allowEscalation: fc.boolean(),
    }),
  })
  .map(testFeatures);

const healths: fc.Arbitrary<Record<string, ProviderHealth>> = fc.dictionary(
  fc.constantFrom(...providerIds),
  fc
    .record({
      status: fc.constantFrom("healthy" as const, "degraded" as const, "down" as const),
      breaker: fc.constantFrom("closed" as const, "closed" as const, "open" as const, "half_open" as const),
      openedAtMs: fc.constantFrom(testNowMs - 60_000, testNowMs - 30_000, testNowMs - 29_999),
      cooldownUntilMs: fc.constantFrom(0, testNowMs, testNowMs + 1, testNowMs + 9_000),
      latencyMs: fc.constantFrom(null, 10, 2000),
      errorRate: fc.constantFrom(0, 0.1, 1),
    })
    .map(testHealth),
);

const exclusions: fc.Arbitrary<ExcludedCandidate[]> = fc.array(
  fc.record({
    modelId: fc.constantFrom(...modelIds),
    providerId: fc.constantFrom(...providerIds),
    failureClass: fc.constantFrom("transient" as const, "auth" as const, "context_overflow" as const),
    wholeProvider: fc.boolean(),
    overflowedContextTokens: fc.constantFrom(null, null, 1000, 4096),
  }),
  { maxLength: 3 },
);

interface Situation {
  readonly catalogue: Catalogue;
  readonly features: RoutingFeatures;
  readonly health: Record<string, ProviderHealth>;
  readonly excluded: ExcludedCandidate[];
}

const situations: fc.Arbitrary<Situation> = fc.record({
  catalogue: catalogues,
  features,
  health: healths,
  excluded: exclusions,
});
const runs = { numRuns: 500 };

function candidateCount(outcome: RoutingOutcome): number {
  const skipped = (outcome.kind === "decided" ? outcome.decision : outcome).skippedByReason;
  return triedModels(outcome).length + (skipped.provider_cooling_down ?? 0);
}

test("S0-6, S1d-9: no decision breaks a limit, and no candidate is excluded, disabled or cut off by its breaker", () => {
  fc.assert(
    fc.property(situations, (situation) => {
      const { catalogue, ...input } = situation;
      const tried = triedModels(route(catalogue, input));
      expect(tried.flatMap((id) => brokenPromises(id, situation))).toEqual([]);
    }),
    runs,
  );
});

test("a higher cost limit never yields fewer candidates, counting those that only wait for a pause to end", () => {
  fc.assert(
    fc.property(situations, price, price, ({ catalogue, ...input }, first, second) => {
      const withLimit = (maxCostPer1kUsd: number | null): number =>
        candidateCount(
          route(catalogue, {
            ...input,
            features: { ...input.features, policy: { ...input.features.policy, maxCostPer1kUsd } },
          }),
        );
      expect(withLimit(Math.max(first, second))).toBeGreaterThanOrEqual(withLimit(Math.min(first, second)));
      expect(withLimit(null)).toBeGreaterThanOrEqual(withLimit(Math.max(first, second)));
    }),
    runs,
  );
});

test("the order of the catalogue changes nothing, the same question has the same answer", () => {
  fc.assert(
    fc.property(situations, fc.nat(), ({ catalogue, ...input }, turn) => {
      const rotated = <T>(list: readonly T[]): T[] => {
        const at = turn % Math.max(1, list.length);
        return [...list.slice(at), ...list.slice(0, at)].toReversed();
      };
      const shuffled = {
        ...catalogue,
        models: rotated(catalogue.models),
        providers: rotated(catalogue.providers),
      };
      expect(route(shuffled, input)).toEqual(route(catalogue, input));
      expect(route(catalogue, input)).toEqual(route(catalogue, input));
    }),
    runs,
  );
});

test("every model is accounted for, once, with a reason when it was skipped", () => {
  fc.assert(
    fc.property(situations, ({ catalogue, ...input }) => {
      const outcome = route(catalogue, input);
      const { considered, skippedByReason } = outcome.kind === "decided" ? outcome.decision : outcome;
      const skips = Object.values(skippedByReason).reduce((sum, count) => sum + count, 0);
      expect(triedModels(outcome).length + skips).toBe(catalogue.models.length);
      expect(new Set(considered.map((candidate) => candidate.modelId)).size).toBe(
        catalogue.models.length - (skippedByReason.not_named ?? 0),
      );
      for (const candidate of considered) {
        expect(candidate.detail).not.toBe("");
        expect(candidate.skipReason === null).toBe(candidate.outcome !== "skipped");
      }
      if (outcome.kind === "decided") routingDecisionSchema.parse(outcome.decision);
    }),
    runs,
  );
});

/** What speaks against a candidate, worked out from the plain catalogue; of the code under test only the fit rule is used. */
function brokenPromises(id: string, { catalogue, features: wanted, health, excluded }: Situation): string[] {
  const candidate = catalogue.models.find((known) => known.id === id);
  const provider = catalogue.providers.find((known) => known.id === candidate?.providerId);
  if (candidate === undefined || provider === undefined) return [`${id} does not exist`];
  const { policy, estimatedInputTokens: inputTokens, maxOutputTokens } = wanted;
  const contextTokens = candidate.contextTokens || Infinity;
  const dearest = Math.max(
    candidate.price?.inputPer1kUsd ?? Infinity,
    candidate.price?.outputPer1kUsd ?? Infinity,
  );
  const state = health[provider.id] ?? testHealth();
  const failures = excluded.filter((failed) => failed.providerId === provider.id);
  const overflows = excluded.map((failed) => failed.overflowedContextTokens ?? -1);
  const promises: Record<string, boolean> = {
    enabled: candidate.enabled && provider.enabled,
    fits: contextFits(candidate.contextTokens, { inputTokens, maxOutputTokens }),
    context: contextTokens >= (policy.minContextTokens ?? 0),
    weight: candidate.weight >= (policy.minWeight ?? 0),
    price: policy.maxCostPer1kUsd === null || dearest <= policy.maxCostPer1kUsd,
    breaker: state.breaker === "closed" || testNowMs - state.openedAtMs >= 30_000,
    fresh: failures.every((failed) => failed.modelId !== id && !failed.wholeProvider),
    larger: overflows.every((tokens) => contextTokens > tokens),
  };
  return Object.entries(promises).flatMap(([promise, kept]) => (kept ? [] : [`${id}: ${promise}`]));
}
