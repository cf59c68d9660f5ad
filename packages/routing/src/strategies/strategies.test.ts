import { strategySchema } from "@tokenhub/contracts";
import { expect, test } from "vitest";
import { route, sampleOfB, testFeatures, triedModels } from "../test-catalogue.ts";
import { strategies } from "./strategies.ts";

test("S2-1, C14: every strategy of the contract is one entry of one table, and decides", () => {
  expect(Object.keys(strategies).toSorted()).toEqual(strategySchema.options.toSorted());
  for (const strategy of strategySchema.options) {
    const outcome = route(sampleOfB, { features: testFeatures({ policy: { strategy } }), random: () => 0.9 });
    expect(triedModels(outcome)).toHaveLength(4);
    expect(outcome).toMatchObject({ decision: { strategy, reason: expect.stringMatching(`^${strategy}`) } });
  }
});

test("S2-1: a strategy is a score and a direction: the scores of its decision fall or rise as it says", () => {
  for (const strategy of strategySchema.options) {
    const outcome = route(sampleOfB, { features: testFeatures({ policy: { strategy } }), random: () => 0.9 });
    if (outcome.kind === "refused" || strategies[strategy].afterFailure === "higher_tier_first") continue;
    const scores = outcome.decision.considered.map((candidate) => candidate.score ?? Number.NaN);
    const best = scores.toSorted((a, b) => (strategies[strategy].lowerIsBetter ? a - b : b - a));
    expect(scores).toEqual(best);
  }
});
