import { routingDecisionSchema, type RoutingPolicy } from "@tokenhub/contracts";
import { describe, expect, test } from "vitest";
import { indexCatalogue } from "./catalogue-index.ts";
import {
  failedCandidate,
  fateOf,
  mockModelsOfA,
  route,
  sampleOfB,
  singlePrice,
  testAlias,
  testCatalogue,
  testFeatures,
  testHealth,
  testModel,
  testProvider,
  triedModels,
} from "./test-catalogue.ts";

function tried(catalogue: typeof sampleOfB, policy: Partial<RoutingPolicy>, inputTokens = 100): string[] {
  return triedModels(
    route(catalogue, { features: testFeatures({ estimatedInputTokens: inputTokens, policy }) }),
  );
}

describe("strategy weight_minus_cost", () => {
  const policy = { strategy: "weight_minus_cost" } as const;

  test("S3-15, S3-17, S3-20, S4-28, S4-38: the sample is tried by weight - 10 * price", () => {
    const outcome = route(sampleOfB, { features: testFeatures({ policy }) });
    expect(triedModels(outcome)).toEqual(["gpt-4", "claude-2", "gpt-3.5-turbo", "llama-local"]);
    const scores = ["gpt-4", "claude-2", "gpt-3.5-turbo", "llama-local"].map(
      (id) => fateOf(outcome, id)?.score,
    );
    expect(scores).toEqual([89.7, 84.9, 79.98, 70].map((score) => expect.closeTo(score, 10)));
  });

  test("S3-18, S3-19, S4-32, S4-35: for a need of 9000 tokens only claude-2 qualifies", () => {
    expect(tried(sampleOfB, policy, 9000)).toEqual(["claude-2"]);
  });

  test("a score below -1 can win", () => {
    const models = [testModel("dear", { weight: 0, price: singlePrice(5) })];
    expect(tried(testCatalogue({ models }), policy)).toEqual(["dear"]);
  });

  test("an unknown price counts as the highest of the candidates", () => {
    const models = [
      testModel("unknown", { weight: 10, price: null }),
      testModel("known", { weight: 9.9, price: { inputPer1kUsd: 0.001, outputPer1kUsd: 0.002 } }),
      testModel("dear", { weight: 1, price: singlePrice(0.05) }),
    ];
    const outcome = route(testCatalogue({ models }), { features: testFeatures({ policy }) });
    expect(fateOf(outcome, "unknown")?.score).toBeCloseTo(9.5, 10);
    expect(fateOf(outcome, "known")?.score).toBeCloseTo(9.88, 10);
    expect(triedModels(outcome)).toEqual(["known", "unknown", "dear"]);
  });
});

describe("strategy highest_weight", () => {
  const policy = { strategy: "highest_weight" } as const;

  test("S2-9, S2-16, S2-22, S2-26, S4-10, S4-37: without constraints mock-gpt-4 is picked", () => {
    expect(tried(mockModelsOfA, policy)).toEqual(["mock-gpt-4", "mock-gpt-3.5"]);
  });

  test("S0-6, S2-15, S2-18, S2-24: with max_cost 0.01 mock-gpt-3.5 is picked and nothing else is left", () => {
    expect(tried(mockModelsOfA, { ...policy, maxCostPer1kUsd: 0.01 })).toEqual(["mock-gpt-3.5"]);
  });

  test("S0-5, S2-14, S2-19, S2-25: a required context of 5000 leaves mock-gpt-4, 9000 leaves none", () => {
    expect(tried(mockModelsOfA, { ...policy, minContextTokens: 5000 })).toEqual(["mock-gpt-4"]);
    const refused = route(mockModelsOfA, {
      features: testFeatures({ policy: { ...policy, minContextTokens: 9000 } }),
    });
    expect(refused).toMatchObject({ kind: "refused", failure: { code: "no_eligible_model" } });
  });

  test("S2-20: prefer_higher_weight=false is strategy cheapest and picks mock-gpt-3.5", () => {
    expect(tried(mockModelsOfA, { strategy: "cheapest" })).toEqual(["mock-gpt-3.5", "mock-gpt-4"]);
  });
});

describe("strategy cheapest", () => {
  test("counts what this request costs, not the list price", () => {
    const models = [
      testModel("dear-output", { price: { inputPer1kUsd: 0.001, outputPer1kUsd: 0.1 } }),
      testModel("dear-input", { price: { inputPer1kUsd: 0.01, outputPer1kUsd: 0.01 } }),
    ];
    const order = (maxOutputTokens: number): string[] =>
      triedModels(
        route(testCatalogue({ models }), {
          features: testFeatures({
            estimatedInputTokens: 1000,
            maxOutputTokens,
            policy: { strategy: "cheapest" },
          }),
        }),
      );
    expect(order(10)).toEqual(["dear-output", "dear-input"]);
    expect(order(1000)).toEqual(["dear-input", "dear-output"]);
  });
});

describe("strategy objective", () => {
  const two = testCatalogue({
    models: [
      testModel("x", { weight: 10, price: singlePrice(0.03) }),
      testModel("y", { weight: 5, price: singlePrice(0) }),
    ],
  });

  test("S1d-9: mode normal puts the free half-weight model first, high_confidence the heavy one", () => {
    const normal = route(two);
    expect(triedModels(normal)).toEqual(["y", "x"]);
    expect([fateOf(normal, "x")?.score, fateOf(normal, "y")?.score]).toEqual([0, -0.125]);
    const confident = route(two, { features: testFeatures({ policy: { mode: "high_confidence" } }) });
    expect(triedModels(confident)).toEqual(["x", "y"]);
    expect(fateOf(confident, "x")?.score).toBeCloseTo(-0.65, 12);
    expect(fateOf(confident, "y")?.score).toBeCloseTo(-0.35, 12);
  });

  test("the two mock models score 0 and -.108 in mode normal", () => {
    const outcome = route(mockModelsOfA);
    expect(fateOf(outcome, "mock-gpt-4")?.score).toBe(0);
    expect(fateOf(outcome, "mock-gpt-3.5")?.score).toBeCloseTo(-0.108, 3);
    expect(triedModels(outcome)[0]).toBe("mock-gpt-3.5");
  });

  test("S0-1, S1-3, S1-9: cost, latency, reliability and weight each change the choice", () => {
    const providers = [testProvider("p"), testProvider("q")];
    const models = [testModel("p1", { providerId: "p" }), testModel("q1", { providerId: "q" })];
    const catalogue = testCatalogue({ providers, models });
    const first = (changes: Parameters<typeof route>[1], of = catalogue): string | undefined =>
      triedModels(route(of, changes))[0];
    expect(first({})).toBe("p1");
    expect(first({ health: { p: testHealth({ latencyMs: 900 }), q: testHealth({ latencyMs: 100 }) } })).toBe(
      "q1",
    );
    expect(first({ health: { p: testHealth({ errorRate: 0.2 }) } })).toBe("q1");
    expect(
      first(
        {},
        {
          ...catalogue,
          models: [models[0] ?? testModel("p1"), testModel("q1", { providerId: "q", weight: 11 })],
        },
      ),
    ).toBe("q1");
    expect(
      first(
        {},
        {
          ...catalogue,
          models: [models[0] ?? testModel("p1"), testModel("q1", { providerId: "q", price: singlePrice(0) })],
        },
      ),
    ).toBe("q1");
  });

  test("a provider that was never called has its models' expected latency", () => {
    const providers = [testProvider("p"), testProvider("q")];
    const models = [
      testModel("p1", { providerId: "p", expectedLatencyMs: 2000 }),
      testModel("q1", { providerId: "q", expectedLatencyMs: 1000 }),
    ];
    const catalogue = testCatalogue({ providers, models });
    expect(triedModels(route(catalogue))).toEqual(["q1", "p1"]);
    expect(triedModels(route(catalogue, { health: { p: testHealth({ latencyMs: 10 }) } }))).toEqual([
      "p1",
      "q1",
    ]);
  });

  test("an unknown price counts as the dearest candidate, and as nothing when all others are free", () => {
    const models = [
      testModel("unknown", { price: null }),
      testModel("dear", { price: singlePrice(0.05) }),
      testModel("cheap", { price: singlePrice(0.001) }),
    ];
    const outcome = route(testCatalogue({ models }));
    expect(fateOf(outcome, "unknown")?.score).toBe(fateOf(outcome, "dear")?.score);
    const free = route(
      testCatalogue({
        models: [testModel("a-free", { price: singlePrice(0) }), testModel("b-unknown", { price: null })],
      }),
    );
    expect(fateOf(free, "b-unknown")?.score).toBe(fateOf(free, "a-free")?.score);
  });

  test("a provider that is down but whose breaker is closed is scored by its error rate only", () => {
    const catalogue = testCatalogue({ models: [testModel("a")] });
    const outcome = route(catalogue, { health: { openai: testHealth({ status: "down", errorRate: 0.9 }) } });
    expect(triedModels(outcome)).toEqual(["a"]);
  });
});

describe("ties", () => {
  test("the higher weight comes first, then the smaller id", () => {
    const models = [
      testModel("c", { weight: 5, price: singlePrice(0) }),
      testModel("b", { weight: 9, price: singlePrice(0) }),
      testModel("a", { weight: 5, price: singlePrice(0) }),
    ];
    expect(tried(testCatalogue({ models }), { strategy: "cheapest" })).toEqual(["b", "a", "c"]);
  });
});

describe("a named model", () => {
  const catalogue = testCatalogue({
    models: [testModel("a", { weight: 1 }), testModel("b", { weight: 9 }), testModel("c", { weight: 5 })],
    aliases: [testAlias("small", { models: ["a", "c"] })],
  });

  test("is the only candidate", () => {
    const outcome = route(catalogue, { features: testFeatures({ requestedModel: "a" }) });
    expect(triedModels(outcome)).toEqual(["a"]);
    expect(outcome).toMatchObject({ decision: { reason: "named", skippedByReason: { not_named: 2 } } });
  });

  test("comes first when fallback is allowed, the others follow by score", () => {
    const features = testFeatures({ requestedModel: "a", policy: { allowFallback: true } });
    const outcome = route(catalogue, { features });
    expect(triedModels(outcome)).toEqual(["a", "b", "c"]);
    expect(outcome).toMatchObject({ decision: { reason: "named", skippedByReason: {} } });
  });

  test("gives way with the reason when it does not fit and fallback is allowed", () => {
    const features = testFeatures({ requestedModel: "a", policy: { allowFallback: true, minWeight: 2 } });
    const outcome = route(catalogue, { features });
    expect(triedModels(outcome)).toEqual(["b", "c"]);
    expect(outcome).toMatchObject({ decision: { reason: "fallback after weight_below_limit" } });
  });

  test("as an alias admits only its own models, by score, even when fallback is allowed", () => {
    for (const allowFallback of [false, true]) {
      const outcome = route(catalogue, {
        features: testFeatures({ requestedModel: "small", policy: { allowFallback } }),
      });
      expect(triedModels(outcome)).toEqual(["c", "a"]);
      expect(outcome).toMatchObject({
        decision: { reason: "alias:small", skippedByReason: { not_named: 1 } },
      });
    }
  });
});

describe("the decision record", () => {
  test("satisfies the contract and says who was chosen of how many, and why", () => {
    const outcome = route(sampleOfB);
    expect(outcome.kind).toBe("decided");
    if (outcome.kind !== "decided") return;
    const decision = routingDecisionSchema.parse(outcome.decision);
    expect(decision).toMatchObject({ strategy: "objective", mode: "normal", catalogueVersion: 7 });
    expect(decision.reason).toMatch(/^objective\/normal score=-\d\.\d+ of 4$/);
    expect(decision.considered.map((candidate) => candidate.outcome)).toEqual([
      "chosen",
      "fallback",
      "fallback",
      "fallback",
    ]);
  });

  test("names the strategy without a mode when it has none", () => {
    const outcome = route(sampleOfB, { features: testFeatures({ policy: { strategy: "highest_weight" } }) });
    expect(outcome).toMatchObject({ decision: { reason: "highest_weight score=90 of 4" } });
  });

  test("keeps an alias's name from breaking a header", () => {
    const id = `schnell\r\nx: ${"ä".repeat(200)}`;
    const catalogue = testCatalogue({
      models: [testModel("a")],
      aliases: [testAlias(id, { models: ["a"] })],
    });
    const outcome = route(catalogue, { features: testFeatures({ requestedModel: id }) });
    expect(outcome.kind === "decided" && outcome.decision.reason).toMatch(/^alias:[\u0020-\u007e]{1,64}$/);
  });

  test("lists 256 candidates at most, the taken ones first, and counts every skipped one", () => {
    const models = Array.from({ length: 600 }, (_, n) => testModel(`m${n}`, { weight: n % 2 === 0 ? 1 : 9 }));
    const outcome = route(testCatalogue({ models }), {
      features: testFeatures({ policy: { minWeight: 5 } }),
    });
    if (outcome.kind !== "decided") throw new Error("refused");
    const { considered, fallbacks, skippedByReason } = outcome.decision;
    expect(fallbacks).toHaveLength(299);
    expect(considered).toHaveLength(256);
    expect(considered.every((candidate) => candidate.outcome !== "skipped")).toBe(true);
    expect(skippedByReason).toEqual({ weight_below_limit: 300 });
  });

  test("counts models that were merely not named, and does not list them", () => {
    const models = [testModel("z", { weight: 99 }), testModel("a", { enabled: false }), testModel("b")];
    const catalogue = testCatalogue({ models, aliases: [testAlias("ab", { models: ["a", "b"] })] });
    const outcome = route(catalogue, { features: testFeatures({ requestedModel: "ab" }) });
    const considered = outcome.kind === "decided" ? outcome.decision.considered : [];
    expect(considered.map(({ modelId, skipReason }) => [modelId, skipReason])).toEqual([
      ["b", null],
      ["a", "disabled"],
    ]);
    expect(outcome).toMatchObject({ decision: { skippedByReason: { disabled: 1, not_named: 1 } } });
  });
});

describe("the catalogue decides", () => {
  test("S0-2, S2-23: models of every enabled provider take part", () => {
    const providers = ["p", "q", "r"].map((id) => testProvider(id));
    const models = providers.map(({ id }) => testModel(`${id}1`, { providerId: id }));
    expect(triedModels(route(testCatalogue({ providers, models })))).toEqual(["p1", "q1", "r1"]);
  });

  test("S1d-3: weight, context, both prices, expected latency and the switch of a model each change the order", () => {
    const other = testModel("other", { expectedLatencyMs: 500 });
    const first = (changes: Partial<typeof other>, features = testFeatures()): string | undefined =>
      triedModels(
        route(
          testCatalogue({ models: [testModel("model", { expectedLatencyMs: 500, ...changes }), other] }),
          {
            features,
          },
        ),
      )[0];
    expect(first({})).toBe("model");
    expect(first({ weight: 1 })).toBe("other");
    expect(first({ contextTokens: 100 })).toBe("other");
    expect(first({ price: { inputPer1kUsd: 0.02, outputPer1kUsd: 0.03 } })).toBe("other");
    expect(first({ price: { inputPer1kUsd: 0.01, outputPer1kUsd: 0.04 } })).toBe("other");
    expect(first({ expectedLatencyMs: 600 })).toBe("other");
    expect(first({ enabled: false })).toBe("other");
  });

  test("S4-36: with a cost limit the cheaper model is taken, without one the heavier", () => {
    const first = (maxCostPer1kUsd: number | null): string | undefined =>
      tried(sampleOfB, { strategy: "weight_minus_cost", maxCostPer1kUsd })[0];
    expect(first(null)).toBe("gpt-4");
    expect(first(0.01)).toBe("claude-2");
    expect(first(0.002)).toBe("gpt-3.5-turbo");
  });

  test("S1d-4: mode, budget, latency and min_weight of a request each change the choice", () => {
    const catalogue = testCatalogue({
      models: [
        testModel("strong", { weight: 10, price: singlePrice(0.06), expectedLatencyMs: 3000 }),
        testModel("weak", { weight: 2, price: singlePrice(0.001), expectedLatencyMs: 300 }),
      ],
    });
    expect(tried(catalogue, { mode: "high_confidence" })[0]).toBe("strong");
    expect(tried(catalogue, { mode: "cheap" })[0]).toBe("weak");
    expect(tried(catalogue, { mode: "high_confidence", maxBudgetUsd: 0.01 })).toEqual(["weak"]);
    expect(tried(catalogue, { mode: "high_confidence", maxLatencyMs: 1000 })).toEqual(["weak"]);
    expect(tried(catalogue, { mode: "cheap", minWeight: 3 })).toEqual(["strong"]);
  });

  test("S0-19, S1-2, S1-58, S3-50: policy, weights, an overflow and a failover work together in one request", () => {
    const providers = ["p", "q", "r", "s"].map((id) => testProvider(id));
    const catalogue = testCatalogue({
      providers,
      models: [
        testModel("p-small", { providerId: "p", weight: 90, contextTokens: 8_000 }),
        testModel("q-large", { providerId: "q", weight: 80, contextTokens: 64_000 }),
        testModel("r-large", { providerId: "r", weight: 70, contextTokens: 128_000 }),
        testModel("s-dear", { providerId: "s", weight: 99, contextTokens: 0, price: singlePrice(1) }),
      ],
    });
    const features = testFeatures({
      estimatedInputTokens: 5_000,
      policy: { strategy: "highest_weight", maxCostPer1kUsd: 0.05 },
    });
    const next = (excluded: Parameters<typeof failedCandidate>[]): string | undefined =>
      triedModels(
        route(catalogue, { features, excluded: excluded.map((args) => failedCandidate(...args)) }),
      )[0];
    expect(next([])).toBe("p-small");
    const overflow = {
      providerId: "p",
      failureClass: "context_overflow",
      overflowedContextTokens: 8_000,
    } as const;
    expect(next([["p-small", overflow]])).toBe("q-large");
    expect(
      next([
        ["p-small", overflow],
        ["q-large", { providerId: "q", wholeProvider: true }],
      ]),
    ).toBe("r-large");
  });
});

describe("the registry", () => {
  test("S3-46: indexing registers models and finds them again, by id and by provider", () => {
    const index = indexCatalogue(sampleOfB);
    expect(index.entryById.get("claude-2")?.model.providerId).toBe("anthropic");
    expect(index.entryById.get("nobody")).toBeUndefined();
  });

  test("S3-16, S3-46: models can be listed by provider", () => {
    const ofOpenAi = indexCatalogue(sampleOfB).entries.filter((entry) => entry.model.providerId === "openai");
    expect(ofOpenAi.map((entry) => entry.model.id)).toEqual(["gpt-4", "gpt-3.5-turbo"]);
  });

  test("S3-13, S3-46: the best model is selected from weight, cost and context", () => {
    expect(tried(sampleOfB, { strategy: "weight_minus_cost" })[0]).toBe("gpt-4");
  });
});
