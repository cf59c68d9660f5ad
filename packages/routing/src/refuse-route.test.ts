import { callFailureSchema, type Catalogue } from "@tokenhub/contracts";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { mockModelsOfA, route, sampleOfB, testCatalogue, testFeatures, testModel } from "./test-catalogue.ts";

function refusal(catalogue: Catalogue, features: Parameters<typeof testFeatures>[0] = {}) {
  const outcome = route(catalogue, { features: testFeatures(features) });
  if (outcome.kind !== "refused") throw new Error("the request was not refused");
  return callFailureSchema.parse(outcome.failure);
}

describe("a refusal", () => {
  test("of an unknown name is model_not_found with close matches", () => {
    expect(refusal(sampleOfB, { requestedModel: "gpt-4o" })).toMatchObject({
      class: "bad_request",
      code: "model_not_found",
      message: expect.stringContaining("No model is called gpt-4o. Did you mean gpt-4?"),
    });
  });

  test("S4-49: of a request larger than every model has the numbers", () => {
    expect(refusal(sampleOfB, { estimatedInputTokens: 200_000 })).toMatchObject({
      class: "context_overflow",
      code: "context_length_exceeded",
      message:
        "The request needs 230000 tokens of context (input and output, with headroom), the largest allowed model has 100000. Shorten the input, lower max_tokens or allow a model with a larger context.",
    });
  });

  test("of a strict request names its model's context, not a larger one", () => {
    const failure = refusal(sampleOfB, { requestedModel: "gpt-4", estimatedInputTokens: 20_000 });
    expect(failure).toMatchObject({
      code: "context_length_exceeded",
      message: expect.stringContaining("has 8192."),
    });
  });

  test("for several reasons counts them and says what to change about the commonest", () => {
    const failure = refusal(sampleOfB, { estimatedInputTokens: 5000, policy: { maxCostPer1kUsd: 0.001 } });
    expect(failure).toMatchObject({ class: "bad_request", code: "no_eligible_model", retryAfterMs: null });
    expect(failure.message).toBe(
      "No model fits this request: 2 context_too_small, 2 price_above_limit. Shorten the input, or lower max_tokens or the demanded context.",
    );
  });

  test("of a strict request tells the one reason", () => {
    const failure = refusal(sampleOfB, { requestedModel: "gpt-4", policy: { maxCostPer1kUsd: 0.01 } });
    expect(failure.message).toBe(
      "Model gpt-4 cannot take this request: costs 0.03 USD per 1000 tokens, the limit is 0.01. Raise the cost limit.",
    );
  });

  test("for a demanded context is no overflow", () => {
    expect(refusal(mockModelsOfA, { policy: { minContextTokens: 9000 } }).code).toBe("no_eligible_model");
  });

  test("by an empty catalogue says what to add", () => {
    expect(refusal(testCatalogue()).message).toBe("The catalogue has no models. Add a provider and a model.");
  });

  test("is header-safe and short whatever ids the catalogue and the caller use", () => {
    const wildText = fc.string({ unit: "binary", minLength: 1, maxLength: 256 });
    fc.assert(
      fc.property(wildText, wildText, fc.boolean(), (id, requested, named) => {
        const catalogue = testCatalogue({ models: [testModel(id, { enabled: false })] });
        const failure = refusal(catalogue, { requestedModel: named ? id : requested });
        expect(failure.message).toMatch(/^[\u0020-\u007e]{1,299}$/);
      }),
    );
  });
});
