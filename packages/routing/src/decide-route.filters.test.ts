import type { Catalogue, CatalogueModel, Capability, RoutingPolicy } from "@tokenhub/contracts";
import { describe, expect, test } from "vitest";
import {
  fateOf,
  mockModelsOfA,
  route,
  singlePrice,
  testAlias,
  testCatalogue,
  testFeatures,
  testHealth,
  testNowMs,
  testModel,
  testProvider,
  triedModels,
} from "./test-catalogue.ts";

type FeatureChanges = Parameters<typeof testFeatures>[0];

interface FilterCase {
  readonly title: string;
  readonly model?: Partial<CatalogueModel>;
  readonly providers?: Catalogue["providers"];
  readonly features?: FeatureChanges;
  readonly skipReason: string;
  readonly detail: string;
}

const cases: readonly FilterCase[] = [
  {
    title: "a disabled model",
    model: { enabled: false },
    skipReason: "disabled",
    detail: "the model is disabled",
  },
  {
    title: "a model without its provider",
    model: { providerId: "gone" },
    skipReason: "provider_missing",
    detail: "provider gone does not exist",
  },
  {
    title: "a model of a disabled provider",
    providers: [testProvider("openai", { enabled: false }), testProvider("other")],
    skipReason: "provider_disabled",
    detail: "provider openai is disabled",
  },
  {
    title: "S4-30: an embedding model for a chat",
    model: { capabilities: ["embeddings"] },
    skipReason: "operation_not_served",
    detail: "does not serve chat",
  },
  {
    title: "an undeclared model for embeddings",
    features: { operation: "embeddings" },
    skipReason: "operation_not_served",
    detail: "does not serve embeddings",
  },
  {
    title: "S1d-35: a model without a needed feature",
    model: { capabilities: ["chat", "streaming"] },
    features: { needs: ["tools", "images"] },
    skipReason: "capability_missing",
    detail: "lacks tools, images",
  },
  {
    title: "a model that declares features but no streaming, for a stream",
    model: { capabilities: ["chat", "tools"] },
    features: { stream: true },
    skipReason: "capability_missing",
    detail: "lacks streaming",
  },
  {
    title: "a context that is too small",
    model: { contextTokens: 8192 },
    features: { estimatedInputTokens: 8000, maxOutputTokens: 1000 },
    skipReason: "context_too_small",
    detail: "needs 9200 tokens, context is 8192",
  },
  {
    title: "a price above the limit",
    model: { price: singlePrice(0.03) },
    features: { policy: { maxCostPer1kUsd: 0.01 } },
    skipReason: "price_above_limit",
    detail: "costs 0.03 USD per 1000 tokens, the limit is 0.01",
  },
  {
    title: "a higher output price above the limit",
    model: { price: { inputPer1kUsd: 0.001, outputPer1kUsd: 0.02 } },
    features: { policy: { maxCostPer1kUsd: 0.01 } },
    skipReason: "price_above_limit",
    detail: "costs 0.02 USD per 1000 tokens, the limit is 0.01",
  },
  {
    title: "an unknown price under a limit",
    model: { price: null },
    features: { policy: { maxCostPer1kUsd: 100 } },
    skipReason: "price_unknown",
    detail: "price is unknown, the limit is 100 USD per 1000 tokens",
  },
  {
    title: "a weight below the demanded one",
    model: { weight: 4.5 },
    features: { policy: { minWeight: 5 } },
    skipReason: "weight_below_limit",
    detail: "weight is 4.5, the request demands at least 5",
  },
  {
    title: "Budget filter: an estimate of 0.06 under a budget of 0.05",
    model: { price: { inputPer1kUsd: 0.06, outputPer1kUsd: 0.06 } },
    features: { estimatedInputTokens: 500, maxOutputTokens: 500, policy: { maxBudgetUsd: 0.05 } },
    skipReason: "budget_exceeded",
    detail: "would cost about 0.06 USD, the budget is 0.05",
  },
  {
    title: "an unknown price under a budget",
    model: { price: null },
    features: { policy: { maxBudgetUsd: 100 } },
    skipReason: "price_unknown",
    detail: "price is unknown, the budget is 100 USD",
  },
  {
    title: "S1d-3: an expected latency above the limit",
    model: { expectedLatencyMs: 2001 },
    features: { policy: { maxLatencyMs: 2000 } },
    skipReason: "latency_above_limit",
    detail: "takes about 2001 ms, the limit is 2000",
  },
  {
    title: "a model that the key does not admit",
    features: { allowedModelIds: ["other", "deleted"] },
    skipReason: "not_allowed_for_key",
    detail: "the key does not admit this model",
  },
  {
    title: "a context below the demanded one",
    features: { policy: { minContextTokens: 9000 } },
    skipReason: "context_too_small",
    detail: "context is 8192, the request demands at least 9000",
  },
];

describe("a model is skipped", () => {
  test.each(cases)("$title", ({ model, providers, features, skipReason, detail }) => {
    const other = testModel("other", {
      providerId: providers === undefined ? "openai" : "other",
      contextTokens: 0,
      weight: 10,
      price: singlePrice(0),
      capabilities: ["chat", "embeddings", "tools", "images", "streaming"],
    });
    const catalogue = testCatalogue({
      models: [testModel("m", model), other],
      ...(providers ? { providers } : {}),
    });
    const outcome = route(catalogue, { features: testFeatures(features) });
    expect(triedModels(outcome)).toEqual(["other"]);
    expect(fateOf(outcome, "m")).toMatchObject({
      modelId: "m",
      providerId: model?.providerId ?? "openai",
      outcome: "skipped",
      score: null,
      skipReason,
      detail,
    });
    expect(outcome).toMatchObject({ decision: { skippedByReason: { [skipReason]: 1 } } });
  });
});

describe("the first reason counts", () => {
  test.each<[Partial<CatalogueModel>, Partial<RoutingPolicy>, Capability[], string]>([
    [{ enabled: false, contextTokens: 1 }, {}, [], "disabled"],
    [{ providerId: "gone", contextTokens: 1 }, {}, [], "provider_missing"],
    [{ capabilities: ["embeddings", "tools"], contextTokens: 1 }, {}, ["images"], "operation_not_served"],
    [{ capabilities: ["tools"], contextTokens: 1 }, {}, ["images"], "capability_missing"],
    [{ contextTokens: 1 }, { maxCostPer1kUsd: 0, minWeight: 99 }, [], "context_too_small"],
    [{}, { maxCostPer1kUsd: 0, minWeight: 99 }, [], "price_above_limit"],
    [{}, { maxCostPer1kUsd: 0, maxBudgetUsd: 0 }, [], "price_above_limit"],
    [{}, { maxBudgetUsd: 0, minWeight: 99 }, [], "budget_exceeded"],
    [{}, { minWeight: 99, minContextTokens: 99_999 }, [], "weight_below_limit"],
    [{ expectedLatencyMs: 9 }, { minContextTokens: 99_999, maxLatencyMs: 1 }, [], "context_too_small"],
  ])("%j under %j with needs %j: %s", (model, policy, needs, skipReason) => {
    const outcome = route(testCatalogue({ models: [testModel("m", model)] }), {
      features: testFeatures({ policy, needs }),
    });
    expect(fateOf(outcome, "m")?.skipReason).toBe(skipReason);
  });
});

describe("a model passes", () => {
  test.each<[string, Partial<CatalogueModel>, FeatureChanges]>([
    ["with exactly the needed context", { contextTokens: 1150 }, { estimatedInputTokens: 1000 }],
    ["at exactly the price limit", { price: singlePrice(0.01) }, { policy: { maxCostPer1kUsd: 0.01 } }],
    ["free under a limit of 0", { price: singlePrice(0) }, { policy: { maxCostPer1kUsd: 0 } }],
    ["of unknown price without a limit", { price: null }, {}],
    [
      "at exactly the budget",
      { price: singlePrice(0.05) },
      { estimatedInputTokens: 500, maxOutputTokens: 500, policy: { maxBudgetUsd: 0.05 } },
    ],
    ["at exactly the latency limit", { expectedLatencyMs: 2000 }, { policy: { maxLatencyMs: 2000 } }],
    ["of unknown latency under a limit", {}, { policy: { maxLatencyMs: 1 } }],
    ["that the key admits", {}, { allowedModelIds: ["m"] }],
    ["at exactly the demanded weight", { weight: 0.5 }, { policy: { minWeight: 0.5 } }],
    ["of weight 150 and weight 0 alike", { weight: 0 }, {}],
    [
      "with unlimited context, whatever is demanded",
      { contextTokens: 0 },
      { estimatedInputTokens: 5_000_000, policy: { minContextTokens: 9_000_000 } },
    ],
    [
      "S4-30: with only operations declared, for tools, images and streams",
      { capabilities: ["chat", "completion"] },
      { needs: ["tools", "images"], stream: true },
    ],
    [
      "undeclared, for every chat feature",
      {},
      { needs: ["tools", "images", "structured_output", "reasoning"], stream: true },
    ],
    ["S3-14: declared for embeddings", { capabilities: ["embeddings"] }, { operation: "embeddings" }],
    ["with only features declared, for a chat", { capabilities: ["tools"] }, { needs: ["tools"] }],
  ])("%s", (_title, model, features) => {
    const outcome = route(testCatalogue({ models: [testModel("m", model)] }), {
      features: testFeatures(features),
    });
    expect(triedModels(outcome)).toEqual(["m"]);
  });
});

describe("mock models beside real ones", () => {
  const mixed = testCatalogue({
    providers: [...mockModelsOfA.providers, testProvider("openai")],
    models: [...mockModelsOfA.models, testModel("real", { weight: 1, contextTokens: 1000 })],
    aliases: [testAlias("any", { models: ["real", "mock-gpt-4"] })],
  });

  test("are left out of the open choice, whatever their weight", () => {
    const outcome = route(mixed, { features: testFeatures({ policy: { strategy: "highest_weight" } }) });
    expect(triedModels(outcome)).toEqual(["real"]);
    expect(outcome).toMatchObject({ decision: { skippedByReason: { mock_only_when_alone: 2 } } });
  });

  test("do not stand in for a real model that this request does not fit", () => {
    const outcome = route(mixed, { features: testFeatures({ estimatedInputTokens: 2000 }) });
    expect(outcome).toMatchObject({ kind: "refused", failure: { code: "context_length_exceeded" } });
  });

  test("answer when named, by id or by alias, and only the named one among its fallbacks", () => {
    const by = (requestedModel: string, allowFallback = false): string[] =>
      triedModels(route(mixed, { features: testFeatures({ requestedModel, policy: { allowFallback } }) }));
    expect(by("mock-gpt-4")).toEqual(["mock-gpt-4"]);
    expect(by("any").toSorted()).toEqual(["mock-gpt-4", "real"]);
    expect(by("mock-gpt-3.5", true)).toEqual(["mock-gpt-3.5", "real"]);
  });

  test("answer when every real model is disabled, has no provider or serves something else", () => {
    const models = [
      ...mockModelsOfA.models,
      testModel("off", { enabled: false }),
      testModel("orphan", { providerId: "gone" }),
      testModel("embedder", { capabilities: ["embeddings"] }),
    ];
    const outcome = route({ ...mixed, models });
    expect(triedModels(outcome).toSorted()).toEqual(["mock-gpt-3.5", "mock-gpt-4"]);
  });
});

describe("S1d-9: a limit on latency", () => {
  const catalogue = testCatalogue({
    providers: [testProvider("slow"), testProvider("quick")],
    models: [
      testModel("slow1", { providerId: "slow", weight: 90, expectedLatencyMs: 100 }),
      testModel("quick1", { providerId: "quick", weight: 10, expectedLatencyMs: 9000 }),
    ],
  });
  const features = testFeatures({ policy: { maxLatencyMs: 1500 } });

  test("is held against what the provider's calls took, not against what the model was expected to take", () => {
    const health = { slow: testHealth({ latencyMs: 1501 }), quick: testHealth({ latencyMs: 300 }) };
    expect(triedModels(route(catalogue, { features, health }))).toEqual(["quick1"]);
  });

  test("is never lifted for a last resort", () => {
    const health = { slow: testHealth({ latencyMs: 1501, cooldownUntilMs: testNowMs + 1000 }) };
    expect(route(catalogue, { features, health })).toMatchObject({
      kind: "refused",
      failure: {
        code: "no_eligible_model",
        message: "No model fits this request: 2 latency_above_limit. Allow more time.",
      },
    });
  });
});

describe("what a request would cost", () => {
  test("C cost: 1000 tokens in and the assumed 512 out at .01/.03 are 0.02536 USD, on the decision and the candidate", () => {
    const features = testFeatures({ estimatedInputTokens: 1000 });
    const outcome = route(testCatalogue({ models: [testModel("m")] }), { features });
    expect(fateOf(outcome, "m")?.estimatedCostUsd).toBeCloseTo(0.02536, 12);
    expect(outcome.kind === "decided" && outcome.decision.estimatedCostUsd).toBeCloseTo(0.02536, 12);
  });

  test("is told for skipped models whose price was looked at, and null where it is unknown or nobody looked", () => {
    const models = [
      testModel("fits"),
      testModel("light", { weight: 1 }),
      testModel("off", { enabled: false }),
      testModel("unpriced", { price: null }),
    ];
    const outcome = route(testCatalogue({ models }), {
      features: testFeatures({ policy: { minWeight: 5 } }),
    });
    const costs = models.map(({ id }) => [id, fateOf(outcome, id)?.estimatedCostUsd]);
    expect(costs).toEqual([
      ["fits", expect.closeTo(0.01636, 10)],
      ["light", expect.closeTo(0.01636, 10)],
      ["off", null],
      ["unpriced", null],
    ]);
  });
});

describe("a key that admits some models only", () => {
  const catalogue = testCatalogue({
    models: [testModel("a"), testModel("b")],
    aliases: [testAlias("both", { models: ["a", "b"] })],
  });

  test("gets its own, by alias and with fallback allowed too", () => {
    for (const requestedModel of [null, "both"]) {
      const features = testFeatures({ requestedModel, allowedModelIds: ["b"] });
      expect(triedModels(route(catalogue, { features }))).toEqual(["b"]);
    }
    const named = testFeatures({
      requestedModel: "a",
      allowedModelIds: ["b"],
      policy: { allowFallback: true },
    });
    expect(triedModels(route(catalogue, { features: named }))).toEqual(["b"]);
  });

  test.each(["a", "both"])("is told that it does not admit %s", (requestedModel) => {
    const features = testFeatures({ requestedModel, allowedModelIds: [] });
    expect(route(catalogue, { features })).toMatchObject({
      kind: "refused",
      failure: { code: "model_not_allowed" },
    });
  });
});
