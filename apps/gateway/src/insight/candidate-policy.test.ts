import { indexArms, indexCatalogue, noArms } from "@tokenhub/routing";
import { describe, expect, test } from "vitest";
import { createPolicy, policyNames, type CandidatePolicy } from "./candidate-policy.ts";

const row = {
  context: {
    tokenBucket: "small",
    estimatedCosts: new Map([
      ["a", 0.02],
      ["b", 0.01],
      ["c", null],
    ]),
  },
  candidates: ["a", "b", "c"],
} as const;
const arm = (modelId: string, alpha: number) =>
  ({ modelId, tokenBucket: "small", alpha, beta: 1, updatedAtMs: 0 }) as const;

function sharesOf(policy: CandidatePolicy): Record<string, number> {
  const shares = createPolicy(policy, {
    arms: indexArms({ arms: [arm("c", 50), arm("a", 3)] }),
    catalogue: indexCatalogue({ v: 1, version: 1, providers: [], models: [], aliases: [] }),
    explorationShare: 0.5,
    random: () => 0.5,
  })(row);
  return Object.fromEntries(shares);
}

describe("a policy to evaluate", () => {
  test.each([
    ["greedy", { c: 1 }],
    ["cheapest", { b: 1 }],
    ["uniform", { a: 1 / 3, b: 1 / 3, c: 1 / 3 }],
    [{ modelId: "b" }, { b: 1 }],
  ] as const)("%j chooses as its name says", (policy, shares) => {
    expect(sharesOf(policy)).toEqual(shares);
  });

  test("for a model that is no candidate has no favourite", () => {
    expect(sharesOf({ modelId: "elsewhere" })).toEqual({ a: 1 / 3, b: 1 / 3, c: 1 / 3 });
  });

  test.each(policyNames)("%s gives probabilities that sum to 1", (policy) => {
    const total = Object.values(sharesOf(policy)).reduce((sum, share) => sum + share, 0);
    expect(total).toBeCloseTo(1, 9);
  });

  test("has nothing to say where there is no candidate", () => {
    const policy = createPolicy("greedy", {
      arms: noArms,
      catalogue: indexCatalogue({ v: 1, version: 1, providers: [], models: [], aliases: [] }),
      explorationShare: 0,
      random: () => 0,
    });
    expect(policy({ context: row.context, candidates: [] }).size).toBe(0);
  });
});
