import {
  routingDecisionSchema,
  strategySchema,
  type RoutingSpread,
  type Strategy,
} from "@tokenhub/contracts";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { indexCatalogue } from "./catalogue-index.ts";
import { createDecisionCache } from "./decision-cache.ts";
import {
  failedCandidate,
  fateOf,
  route,
  sampleOfB,
  singlePrice,
  testAlias,
  testCatalogue,
  testFeatures,
  testHealth,
  testInput,
  testModel,
  testNowMs,
  testProvider,
  triedModels,
} from "./test-catalogue.ts";
import { questionOf, situations, type Situation } from "./test-situations.ts";

const spreadOf = (changes: Partial<RoutingSpread> = {}): RoutingSpread => ({
  avoidModelIds: [],
  avoidProviderIds: [],
  rank: 0,
  ...changes,
});

/** Two models each of two providers; by weight `p-big p-mid q-big q-mid`. */
const twoByTwo = testCatalogue({
  providers: [testProvider("p"), testProvider("q")],
  models: [
    testModel("p-big", { providerId: "p", weight: 90 }),
    testModel("p-mid", { providerId: "p", weight: 80 }),
    testModel("q-big", { providerId: "q", weight: 70 }),
    testModel("q-mid", { providerId: "q", weight: 60, contextTokens: 100_000 }),
  ],
});
const heaviest = { strategy: "highest_weight" } as const;

function tried(changes: Partial<RoutingSpread>, catalogue = twoByTwo, strategy: Strategy = "highest_weight") {
  const features = testFeatures({ spread: spreadOf(changes), policy: { strategy } });
  return triedModels(route(catalogue, { features }));
}

describe("calls of an orchestration that are to differ", () => {
  test("ranks take the best of each provider in turn, by score, not by what would follow a failure", () => {
    const firsts = [0, 1, 2, 3, 4].map((rank) => tried({ rank })[0]);
    expect(firsts).toEqual(["p-big", "q-big", "p-mid", "q-mid", "p-big"]);
  });

  test("a critic gets another provider's model than the planner; when all fail, the planner's own is the last", () => {
    const decided = tried({ avoidModelIds: ["p-big"], avoidProviderIds: ["p"] });
    expect(decided).toEqual(["q-big", "q-mid", "p-mid", "p-big"]);
  });

  test("the only model there is takes the call, avoided or not: the wish refuses nobody", () => {
    const alone = testCatalogue({ models: [testModel("only")] });
    expect(tried({ avoidModelIds: ["only"], avoidProviderIds: ["openai"], rank: 5 }, alone)).toEqual([
      "only",
    ]);
  });

  test("the decision says that the choice is not the best one, and why", () => {
    const features = testFeatures({ spread: spreadOf({ rank: 1 }), policy: heaviest });
    const outcome = route(twoByTwo, { features });
    expect(outcome).toMatchObject({
      kind: "decided",
      decision: { reason: "highest_weight spread score=70 of 4", explored: false },
    });
    expect(fateOf(outcome, "q-big")?.detail).toBe("taken to differ from other calls of its orchestration");
    const best = route(twoByTwo, { features: testFeatures({ spread: spreadOf(), policy: heaviest }) });
    expect(best).toMatchObject({ decision: { reason: "highest_weight score=90 of 4" } });
    expect(fateOf(best, "p-big")?.detail).toBe("first of the candidates");
  });

  test("a named model is taken whatever it should differ from, and so are its fallbacks", () => {
    const spread = spreadOf({ avoidModelIds: ["q-mid"], avoidProviderIds: ["q"], rank: 2 });
    for (const allowFallback of [false, true]) {
      const policy = { ...heaviest, allowFallback };
      const named = { requestedModel: "q-mid", policy };
      expect(route(twoByTwo, { features: testFeatures({ ...named, spread }) })).toEqual(
        route(twoByTwo, { features: testFeatures(named) }),
      );
    }
  });

  test("after a failure the call goes on where no lower rank began, and the failed model is not tried again", () => {
    const features = testFeatures({ spread: spreadOf({ rank: 1 }), policy: heaviest });
    const excluded = [failedCandidate("q-big", { providerId: "q" })];
    expect(triedModels(route(twoByTwo, { features, excluded }))[0]).not.toBe("p-big");
    expect(triedModels(route(twoByTwo, { features, excluded })).toSorted()).toEqual([
      "p-big",
      "p-mid",
      "q-mid",
    ]);
  });

  test("without escalation the call has its one model", () => {
    const policy = { ...heaviest, allowEscalation: false };
    const outcome = route(twoByTwo, { features: testFeatures({ spread: spreadOf({ rank: 1 }), policy }) });
    expect(triedModels(outcome)).toEqual(["q-big"]);
  });

  test("a provider that is due for a trial call is nobody's first choice while there is another", () => {
    const health = { q: testHealth({ breaker: "open", openedAtMs: testNowMs - 60_000 }) };
    const firsts = [0, 1, 2, 3].map((rank) => {
      const features = testFeatures({
        spread: spreadOf({ rank, avoidProviderIds: ["p"] }),
        policy: heaviest,
      });
      return triedModels(route(twoByTwo, { features, health }));
    });
    expect(firsts.map(([first]) => first)).toEqual(["p-big", "p-mid", "p-big", "p-mid"]);
    expect(firsts[0]?.slice(2)).toEqual(["q-big", "q-mid"]);
  });

  test("providers that all pause still take one model each", () => {
    const cooldownUntilMs = testNowMs + 9_000;
    const health = { p: testHealth({ cooldownUntilMs }), q: testHealth({ cooldownUntilMs }) };
    const first = (rank: number) => {
      const features = testFeatures({ spread: spreadOf({ rank }), policy: heaviest });
      return triedModels(route(twoByTwo, { features, health }))[0];
    };
    expect([0, 1, 2, 3].map(first)).toEqual(["p-big", "q-big", "p-mid", "q-mid"]);
  });

  test.each(["scored", "request", "api_key", "round_robin"] as const)(
    "the variants of an alias that is %s are shared out like any models, and no turn is taken",
    (stickyBy) => {
      const models = ["p-mid", "q-big", "q-mid"];
      const catalogue = { ...twoByTwo, aliases: [testAlias("team", { models, stickyBy })] };
      const firsts = [0, 1, 2].map((rank) => {
        const features = testFeatures({
          requestedModel: "team",
          spread: spreadOf({ rank }),
          policy: heaviest,
        });
        const takeTurn = () => {
          throw new Error("a turn was taken");
        };
        return triedModels(route(catalogue, { features, takeTurn, requestId: `req_${rank}` }))[0];
      });
      expect(firsts).toEqual(["p-mid", "q-big", "q-mid"]);
    },
  );

  test("nothing is left to chance: trials could take the model of another call", () => {
    for (const strategy of ["thompson", "objective"] as const) {
      const policy = { strategy, explorationShare: 1, explorationTemperature: 5 };
      const firsts = [0, 1, 2, 3].map((rank) => {
        const features = testFeatures({ spread: spreadOf({ rank }), policy });
        return triedModels(route(twoByTwo, { features, random: () => 0 }))[0];
      });
      expect(new Set(firsts).size).toBe(4);
    }
  });
});

describe("the memory of decisions", () => {
  test("keeps those for different wishes apart, and knows a repeated one", () => {
    const cache = createDecisionCache({ limit: 16 });
    const input = testInput(sampleOfB);
    const ask = (spread?: RoutingSpread) =>
      cache.decide({ ...input, features: testFeatures(spread === undefined ? {} : { spread }) });
    const wishes = [
      undefined,
      spreadOf({ rank: 1 }),
      spreadOf({ rank: 2 }),
      spreadOf({ avoidModelIds: ["gpt-4"] }),
      spreadOf({ avoidProviderIds: ["openai"] }),
    ];
    const first = wishes.map(ask);
    expect(cache.size()).toBe(5);
    expect(wishes.map(ask).every((outcome, at) => outcome === first[at])).toBe(true);
    for (const [at, spread] of wishes.entries()) {
      const features = testFeatures(spread === undefined ? {} : { spread });
      expect(first[at]).toEqual(route(sampleOfB, { features }));
    }
  });

  test("keeps none for a wish whose lists are long", () => {
    const cache = createDecisionCache({ limit: 16 });
    const avoidModelIds = Array.from({ length: 65 }, (_, n) => `m${n}`);
    cache.decide({
      ...testInput(sampleOfB),
      features: testFeatures({ spread: spreadOf({ avoidModelIds }) }),
    });
    expect(cache.size()).toBe(0);
  });
});

const spreads: fc.Arbitrary<RoutingSpread> = fc.record({
  avoidModelIds: fc.array(fc.constantFrom("m1", "m2", "m3", "gone"), { maxLength: 3 }),
  avoidProviderIds: fc.subarray(["p", "q", "gone"]),
  rank: fc.nat(9),
});

const withSpread = (situation: Situation, spread?: RoutingSpread) => ({
  ...questionOf(situation),
  features: { ...situation.features, ...(spread === undefined ? {} : { spread }) },
});

test("the wish to differ never widens and never refuses: the same models, but for their order", () => {
  fc.assert(
    fc.property(situations, spreads, (situation, spread) => {
      const features = {
        ...situation.features,
        policy: { ...situation.features.policy, allowEscalation: true },
      };
      const open = { ...situation, features };
      const plain = route(situation.catalogue, withSpread(open));
      const wished = route(situation.catalogue, withSpread(open, spread));
      expect(triedModels(wished).toSorted()).toEqual(triedModels(plain).toSorted());
      const counts = (outcome: typeof plain) =>
        (outcome.kind === "decided" ? outcome.decision : outcome).skippedByReason;
      expect(counts(wished)).toEqual(counts(plain));
      if (wished.kind === "decided") routingDecisionSchema.parse(wished.decision);
    }),
    { numRuns: 1_000 },
  );
});

test("with n models that fit, the ranks 0 to n - 1 are given n different ones, from alternating providers", () => {
  const catalogues = fc.record({
    providers: fc.array(fc.constantFrom("p", "q", "r"), { minLength: 1, maxLength: 10 }),
    weights: fc.array(fc.nat(9), { minLength: 10, maxLength: 10 }),
    contexts: fc.array(fc.constantFrom(8192, 100_000), { minLength: 10, maxLength: 10 }),
    strategy: fc.constantFrom(...strategySchema.options),
  });
  fc.assert(
    fc.property(catalogues, ({ providers, weights, contexts, strategy }) => {
      const catalogue = testCatalogue({
        providers: ["p", "q", "r"].map((id) => testProvider(id)),
        models: providers.map((providerId, at) =>
          testModel(`m${at}`, {
            providerId,
            weight: weights[at] ?? 1,
            contextTokens: contexts[at] ?? 8192,
            price: singlePrice((at % 4) / 100),
          }),
        ),
      });
      const index = indexCatalogue(catalogue);
      const firsts = providers.map((_, rank) => tried({ rank }, catalogue, strategy)[0] ?? "");
      expect(new Set(firsts).size).toBe(providers.length);
      const distinct = new Set(providers).size;
      const providerOf = (id: string) => index.entryById.get(id)?.model.providerId;
      expect(new Set(firsts.slice(0, distinct).map(providerOf)).size).toBe(distinct);
      // The best of all is nobody else's.
      expect(firsts[0]).toBe(triedModels(route(catalogue, { features: plainFeatures(strategy) }))[0]);
    }),
    { numRuns: 300 },
  );
});

function plainFeatures(strategy: Strategy) {
  return testFeatures({ policy: { strategy, allowExploration: false } });
}
