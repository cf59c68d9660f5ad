import {
  routingDecisionSchema,
  routingRefusalSchema,
  undeclaredCapabilities,
  type Capability,
} from "@tokenhub/contracts";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { contextFits } from "./context-fit.ts";
import type { RoutingOutcome } from "./decide-route.ts";
import { route, testHealth, testNowMs, triedModels } from "./test-catalogue.ts";
import { questionOf, situations, type Situation } from "./test-situations.ts";

const price = fc.constantFrom(0, 0.001, 0.002, 0.01, 0.03, 0.06);
const runs = { numRuns: 1_000 };

function candidateCount(outcome: RoutingOutcome): number {
  const skipped = (outcome.kind === "decided" ? outcome.decision : outcome).skippedByReason;
  return triedModels(outcome).length + (skipped.provider_cooling_down ?? 0);
}

test("S0-6, S1d-9, S1d-29: nothing lifts a hard limit: no chosen model, fallback, trial, drawn variant or last resort breaks one", () => {
  fc.assert(
    fc.property(situations, (situation) => {
      const tried = triedModels(route(situation.catalogue, questionOf(situation)));
      expect(tried.flatMap((id) => brokenPromises(id, situation))).toEqual([]);
    }),
    runs,
  );
});

test("the situations of these tests are worth their names: many are decided, some by a trial, by a draw and after a failure", () => {
  const outcomes = fc.sample(situations, { ...runs, seed: 1 }).map((situation) => ({
    situation,
    outcome: route(situation.catalogue, questionOf(situation)),
  }));
  const decided = outcomes.flatMap(({ situation, outcome }) =>
    outcome.kind === "decided" ? [{ situation, decision: outcome.decision }] : [],
  );
  expect(decided.length).toBeGreaterThan(300);
  expect(decided.filter(({ decision }) => decision.explored).length).toBeGreaterThan(5);
  expect(decided.filter(({ decision }) => decision.aliasId !== null).length).toBeGreaterThan(10);
  expect(decided.filter(({ situation }) => situation.excluded.length > 0).length).toBeGreaterThan(20);
  expect(decided.filter(({ decision }) => decision.fallbacks.length > 1).length).toBeGreaterThan(50);
});

test("a higher cost limit never yields fewer candidates, counting those that only wait for a pause to end", () => {
  fc.assert(
    fc.property(situations, price, price, (situation, first, second) => {
      const { features } = situation;
      const withLimit = (maxCostPer1kUsd: number | null): number =>
        candidateCount(
          route(situation.catalogue, {
            ...questionOf(situation),
            features: {
              ...features,
              policy: { ...features.policy, maxCostPer1kUsd, allowEscalation: true },
            },
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
    fc.property(situations, fc.nat(), (situation, turn) => {
      const { catalogue } = situation;
      const rotated = <T>(list: readonly T[]): T[] => {
        const at = turn % Math.max(1, list.length);
        return [...list.slice(at), ...list.slice(0, at)].toReversed();
      };
      const shuffled = {
        ...catalogue,
        models: rotated(catalogue.models),
        providers: rotated(catalogue.providers),
      };
      const decision = route(catalogue, questionOf(situation));
      expect(route(shuffled, questionOf(situation))).toEqual(decision);
      expect(route(catalogue, questionOf(situation))).toEqual(decision);
    }),
    runs,
  );
});

test("S1d-29, C14: a trial happens only where it is allowed, and never after a failure", () => {
  fc.assert(
    fc.property(situations, (situation) => {
      const outcome = route(situation.catalogue, questionOf(situation));
      if (outcome.kind === "refused" || !outcome.decision.explored) return;
      const { policy } = situation.features;
      expect(policy.allowExploration && situation.excluded.length === 0).toBe(true);
      expect(["thompson", "objective"]).toContain(policy.strategy);
      expect(
        policy.strategy === "thompson" ? policy.explorationShare : policy.explorationTemperature,
      ).toBeGreaterThan(0);
    }),
    runs,
  );
});

test("every model is accounted for, once, with a reason when it was skipped", () => {
  fc.assert(
    fc.property(situations, (situation) => {
      const { catalogue } = situation;
      const outcome = route(catalogue, questionOf(situation));
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
      else routingRefusalSchema.parse(outcome);
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
  const latencyMs = state.latencyMs ?? candidate.expectedLatencyMs;
  const served = candidate.capabilities ?? undeclaredCapabilities;
  const operations = served.filter((name) => isOperation(name));
  const outputTokens = wanted.operation === "embeddings" ? 0 : (maxOutputTokens ?? 512);
  const costUsd =
    candidate.price === null
      ? Infinity
      : (inputTokens * candidate.price.inputPer1kUsd + outputTokens * candidate.price.outputPer1kUsd) / 1000;
  const promises: Record<string, boolean> = {
    key: wanted.allowedModelIds?.includes(id) !== false,
    operation:
      operations.length === 0 ? wanted.operation !== "embeddings" : served.includes(wanted.operation),
    needs: served.every((name) => isOperation(name)) || wanted.needs.every((need) => served.includes(need)),
    budget: policy.maxBudgetUsd === null || costUsd <= policy.maxBudgetUsd + 1e-12,
    latency: policy.maxLatencyMs === null || latencyMs === null || latencyMs <= policy.maxLatencyMs,
    named: isNamed(id, { catalogue, features: wanted }) || excluded.length > 0,
    escalation: excluded.length === 0 || policy.allowEscalation,
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

function isOperation(capability: Capability): boolean {
  return capability === "chat" || capability === "completion" || capability === "embeddings";
}

/** Whether the request's name admits the model at all, in a first round. */
function isNamed(
  id: string,
  { catalogue, features: wanted }: Pick<Situation, "catalogue" | "features">,
): boolean {
  const name = wanted.requestedModel ?? "";
  const alias = catalogue.aliases.findLast((known) => known.id === name && known.enabled);
  if (alias !== undefined) return alias.variants.some((variant) => variant.modelId === id);
  if (name === "" || name === "*" || wanted.policy.allowFallback) return true;
  return id === name.slice(name.indexOf("/") + 1);
}
