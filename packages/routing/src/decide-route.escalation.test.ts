import { describe, expect, test } from "vitest";
import {
  failedCandidate,
  fateOf,
  route,
  sampleOfB,
  testCatalogue,
  testFeatures,
  testModel,
  testHealth,
  testNowMs,
  testProvider,
  triedModels,
} from "./test-catalogue.ts";

const overflowed = (modelId: string, overflowedContextTokens: number) =>
  failedCandidate(modelId, { failureClass: "context_overflow", overflowedContextTokens });

describe("after a failure", () => {
  test("S0-7, S1-11: the failed model is out and the next one by score is chosen", () => {
    const features = testFeatures({ policy: { strategy: "weight_minus_cost" } });
    const outcome = route(sampleOfB, {
      features,
      excluded: [failedCandidate("gpt-4", { failureClass: "rate_limited" })],
    });
    expect(triedModels(outcome)).toEqual(["claude-2", "gpt-3.5-turbo", "llama-local"]);
    expect(outcome).toMatchObject({
      decision: { reason: "fallback after rate_limited", skippedByReason: { already_failed: 1 } },
    });
  });

  test("S4-34: a whole provider can be out", () => {
    const excluded = [failedCandidate("gpt-4", { failureClass: "auth", wholeProvider: true })];
    const outcome = route(sampleOfB, { excluded });
    expect(triedModels(outcome).toSorted()).toEqual(["claude-2", "llama-local"]);
    expect(outcome).toMatchObject({ decision: { skippedByReason: { already_failed: 2 } } });
  });

  test("S0-6: no fallback breaks the cost limit", () => {
    const features = testFeatures({ policy: { maxCostPer1kUsd: 0.005 } });
    const excluded = [
      failedCandidate("llama-local", { providerId: "vllm-local" }),
      failedCandidate("gpt-3.5-turbo"),
    ];
    expect(route(sampleOfB, { features, excluded })).toMatchObject({
      kind: "refused",
      failure: {
        code: "no_eligible_model",
        class: "transient",
        message: "No candidate is left after 2 failed, the last with transient.",
      },
    });
  });

  test("a strict request has nothing left", () => {
    const features = testFeatures({ requestedModel: "gpt-4" });
    expect(route(sampleOfB, { features, excluded: [failedCandidate("gpt-4")] })).toMatchObject({
      kind: "refused",
      skippedByReason: { already_failed: 1, not_named: 3 },
    });
  });

  test("a model that has moved to another provider since is a new candidate", () => {
    const outcome = route(sampleOfB, { excluded: [failedCandidate("claude-2", { providerId: "bedrock" })] });
    expect(triedModels(outcome)).toContain("claude-2");
  });

  test("candidates that the catalogue no longer has change nothing", () => {
    expect(triedModels(route(sampleOfB, { excluded: [failedCandidate("deleted")] }))).toHaveLength(4);
  });
});

describe("after an overflow", () => {
  test("S0-8, S3-23, S4-32: 8192 overflowed with an estimate of 3000, claude-2 follows", () => {
    const features = testFeatures({ estimatedInputTokens: 3000, policy: { strategy: "weight_minus_cost" } });
    const outcome = route(sampleOfB, { features, excluded: [overflowed("gpt-4", 8192)] });
    expect(triedModels(outcome)).toEqual(["claude-2"]);
    expect(outcome).toMatchObject({
      decision: {
        reason: "fallback after context_overflow",
        skippedByReason: { already_failed: 1, escalation_needs_larger_context: 2 },
      },
    });
    expect(fateOf(outcome, "llama-local")?.detail).toBe(
      "a context of 8192 tokens overflowed, this one is 4096",
    );
  });

  const ladder = testCatalogue({
    models: [
      testModel("8k", { contextTokens: 8_000, weight: 50 }),
      testModel("10k", { contextTokens: 10_000, weight: 1 }),
      testModel("12k", { contextTokens: 12_000, weight: 2 }),
      testModel("16k", { contextTokens: 16_000, weight: 3 }),
      testModel("16k-better", { contextTokens: 16_000, weight: 4 }),
      testModel("128k", { contextTokens: 128_000, weight: 90 }),
      testModel("unlimited", { contextTokens: 0, weight: 99 }),
    ],
  });

  test("the smallest context of at least twice the estimate comes first, then larger ones, then the short ones from the top", () => {
    const features = testFeatures({ estimatedInputTokens: 5_500, maxOutputTokens: 1_000 });
    const outcome = route(ladder, { features, excluded: [overflowed("8k", 8_000)] });
    expect(triedModels(outcome)).toEqual(["16k-better", "16k", "128k", "unlimited", "12k", "10k"]);
  });

  test("the same context is not enough, and the largest overflow sets the bar", () => {
    const excluded = [overflowed("12k", 12_000), overflowed("16k", 16_000)];
    expect(triedModels(route(ladder, { excluded }))).toEqual(["128k", "unlimited"]);
    expect(triedModels(route(ladder, { excluded: excluded.toReversed() }))).toEqual(["128k", "unlimited"]);
  });

  test("models on trial still come last", () => {
    const catalogue = testCatalogue({
      providers: [testProvider("openai"), testProvider("shaky")],
      models: [
        testModel("small", { contextTokens: 16_000, providerId: "shaky" }),
        testModel("large", { contextTokens: 128_000 }),
        testModel("8k"),
      ],
    });
    const health = { shaky: testHealth({ breaker: "open", openedAtMs: testNowMs - 40_000 }) };
    expect(triedModels(route(catalogue, { health, excluded: [overflowed("8k", 8192)] }))).toEqual([
      "large",
      "small",
    ]);
  });

  test("S4-49: without a larger context the refusal says so", () => {
    const outcome = route(sampleOfB, {
      excluded: [
        failedCandidate("claude-2", {
          providerId: "anthropic",
          failureClass: "context_overflow",
          overflowedContextTokens: 100_000,
        }),
      ],
    });
    expect(outcome).toMatchObject({
      failure: {
        class: "context_overflow",
        code: "context_length_exceeded",
        message:
          "No candidate is left after 1 failed, the last with context_overflow. No other allowed model has a context above 100000 tokens.",
      },
    });
  });

  test("S2-21: nothing follows when escalation is not allowed", () => {
    const features = testFeatures({ policy: { allowEscalation: false } });
    const outcome = route(ladder, { features, excluded: [overflowed("8k", 8_000)] });
    expect(outcome).toMatchObject({
      kind: "refused",
      failure: { message: expect.stringContaining("does not allow escalation") },
      skippedByReason: { already_failed: 1, escalation_needs_larger_context: 6 },
    });
    expect(triedModels(route(ladder, { features, excluded: [failedCandidate("8k")] }))).toHaveLength(6);
  });

  test("of a model without a known limit any other context may follow", () => {
    expect(triedModels(route(ladder, { excluded: [overflowed("unlimited", 0)] }))).toHaveLength(6);
  });
});
