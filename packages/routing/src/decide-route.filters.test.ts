import type { Catalogue, CatalogueModel, Capability, RoutingPolicy } from "@tokenhub/contracts";
import { describe, expect, test } from "vitest";
import {
  fateOf,
  mockModelsOfA,
  route,
  singlePrice,
  testCatalogue,
  testFeatures,
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
    title: "a model without a needed feature",
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
    expect(fateOf(outcome, "m")).toEqual({
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
    [{}, { minWeight: 99, minContextTokens: 99_999 }, [], "weight_below_limit"],
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
    aliases: [{ id: "any", modelIds: ["real", "mock-gpt-4"] }],
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
