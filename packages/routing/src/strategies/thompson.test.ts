import type { BanditArm, RoutingPolicy } from "@tokenhub/contracts";
import { describe, expect, test } from "vitest";
import { indexArms } from "../bandit/arm-index.ts";
import { learnArms } from "../bandit/learn-arms.ts";
import { thompsonShares } from "../bandit/thompson-shares.ts";
import { seededRandom } from "../seeded-random.ts";
import {
  fateOf,
  failedCandidate,
  route,
  testCatalogue,
  testFeatures,
  testHealth,
  testModel,
  testNowMs,
  testProvider,
  triedModels,
  type RouteChanges,
} from "../test-catalogue.ts";

const catalogue = testCatalogue({
  models: [testModel("a", { weight: 3 }), testModel("b", { weight: 2 }), testModel("c", { weight: 1 })],
});
const armOf = (
  modelId: string,
  alpha: number,
  beta: number,
  changes: Partial<BanditArm> = {},
): BanditArm => ({
  modelId,
  tokenBucket: "small",
  alpha,
  beta,
  updatedAtMs: 0,
  ...changes,
});
const arms = indexArms({ arms: [armOf("b", 80, 20), armOf("c", 20, 80)] });

function ask({
  policy,
  ...changes
}: RouteChanges & { policy?: Partial<RoutingPolicy>; tokens?: number } = {}) {
  const { tokens = 100, ...rest } = changes;
  const features = testFeatures({
    estimatedInputTokens: tokens,
    policy: { strategy: "thompson", ...policy },
  });
  return route(catalogue, { features, arms, random: () => 0.99, ...rest });
}

describe("strategy thompson without a trial", () => {
  test("S1d-29, C14: takes the best expected reward; a model nobody has tried stands at one half", () => {
    const outcome = ask();
    expect(triedModels(outcome)).toEqual(["b", "a", "c"]);
    expect(["a", "b", "c"].map((id) => fateOf(outcome, id)?.score)).toEqual([0.5, 0.8, 0.2]);
    expect(outcome).toMatchObject({ decision: { reason: "thompson score=0.8 of 3", explored: false } });
  });

  test("knows each size of request apart", () => {
    const large = indexArms({ arms: [armOf("c", 9, 1, { tokenBucket: "medium" }), armOf("b", 9, 1)] });
    expect(triedModels(ask({ arms: large, tokens: 2_000 }))[0]).toBe("c");
    expect(triedModels(ask({ arms: large, tokens: 999 }))[0]).toBe("b");
  });

  test("with nothing known prefers the heavier model", () => {
    expect(triedModels(ask({ arms: indexArms({ arms: [] }) }))).toEqual(["a", "b", "c"]);
  });
});

describe("strategy thompson with trials", () => {
  const decide = (changes: Parameters<typeof ask>[0], count = 4_000) => {
    const random = seededRandom(11);
    return Array.from({ length: count }, () => {
      const outcome = ask({ random, ...changes });
      if (outcome.kind === "refused") throw new Error("refused");
      return outcome.decision;
    });
  };

  test("S1d-29: at most the given share of decisions deviates from the best known model, a fifth unless given", () => {
    const unknown = indexArms({ arms: [armOf("b", 2, 1)] });
    for (const [share, limit] of [
      [undefined, 0.2],
      [0.05, 0.05],
      [0, 0],
    ] as const) {
      const decisions = decide({
        arms: unknown,
        ...(share === undefined ? {} : { policy: { explorationShare: share } }),
      });
      const explored = decisions.filter((decision) => decision.explored).length / decisions.length;
      expect(explored).toBeLessThanOrEqual(limit + 3 * Math.sqrt((limit * (1 - limit)) / decisions.length));
      if (limit > 0) expect(explored).toBeGreaterThan(limit / 4);
    }
  });

  test("marks exactly the decisions that deviate, keeps the order of the fallbacks and says so", () => {
    for (const decision of decide({ policy: { explorationShare: 1 } }, 300)) {
      const order = [decision.chosen, ...decision.fallbacks].map(({ modelId }) => modelId);
      const expected = ["b", "a", "c"];
      expect(decision.explored).toBe(order[0] !== "b");
      expect(order.slice(1)).toEqual(expected.filter((id) => id !== order[0]));
      expect(decision.reason.startsWith("thompson trial ")).toBe(decision.explored);
    }
  });

  test("chooses each model as often as `thompsonShares` says, which replays rely on", () => {
    const unsure = indexArms({ arms: [armOf("b", 3, 2), armOf("c", 1, 2)] });
    const decisions = decide({ arms: unsure, policy: { explorationShare: 0.6 } }, 20_000);
    const shares = thompsonShares(["a", "b", "c"], {
      beliefs: unsure.get("small") ?? new Map(),
      explorationShare: 0.6,
      draws: 20_000,
      random: seededRandom(5),
    });
    for (const id of ["a", "b", "c"]) {
      const actual = decisions.filter((decision) => decision.chosen.modelId === id).length / decisions.length;
      expect(Math.abs(actual - (shares.get(id) ?? 0))).toBeLessThan(0.02);
    }
    expect([...shares.values()].reduce((sum, share) => sum + share, 0)).toBeCloseTo(1, 9);
  });

  test("tries nothing out for a request that forbids it, that has failed before or that names its model", () => {
    const never: Parameters<typeof ask>[0][] = [
      { policy: { allowExploration: false, explorationShare: 1 } },
      { excluded: [failedCandidate("b")], policy: { explorationShare: 1 } },
      {
        features: testFeatures({
          requestedModel: "c",
          policy: { strategy: "thompson", explorationShare: 1 },
        }),
      },
    ];
    for (const changes of never) {
      const decisions = decide(changes, 50);
      expect(decisions.some((decision) => decision.explored)).toBe(false);
    }
  });

  test("S1d-29: never tries a model whose provider is on trial after an outage, or asked for a pause", () => {
    const providers = [testProvider("openai"), testProvider("shaky")];
    const models = [...catalogue.models, testModel("shaky1", { providerId: "shaky", weight: 99 })];
    const features = testFeatures({ policy: { strategy: "thompson", explorationShare: 1 } });
    const random = seededRandom(8);
    for (const shaky of [
      testHealth({ breaker: "open", openedAtMs: testNowMs - 40_000 }),
      testHealth({ cooldownUntilMs: testNowMs + 1 }),
    ]) {
      for (let request = 0; request < 200; request++) {
        const question = { features, arms, random, health: { shaky } };
        const [first] = triedModels(route(testCatalogue({ providers, models }), question));
        expect(first).not.toBe("shaky1");
      }
    }
  });

  test("S1d-29: finds the best of three models and then mostly stays with it", () => {
    const random = seededRandom(2);
    const truth: Readonly<Record<string, number>> = { a: 0.55, b: 0.6, c: 0.9 };
    let known: readonly BanditArm[] = [];
    const chosen: string[] = [];
    for (let nowMs = 0; nowMs < 1_500; nowMs++) {
      const [modelId = ""] = triedModels(ask({ arms: indexArms({ arms: known }), random }));
      chosen.push(modelId);
      const reward = random() < (truth[modelId] ?? 0) ? 1 : 0;
      const rewards = [{ modelId, tokenBucket: "small" as const, reward, atMs: nowMs }];
      known = learnArms(rewards, { known, nowMs, halfLifeMs: 1_000_000 }).arms;
    }
    const late = chosen.slice(-500);
    expect(late.filter((modelId) => modelId === "c").length).toBeGreaterThan(400);
  });
});
