import { describe, expect, test } from "vitest";
import {
  failedCandidate,
  fateOf,
  route,
  sampleOfB,
  singlePrice,
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
  test("S1-11, S3-22, S4-31: the failed model is out and the next one by score is chosen", () => {
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

  test("S4-34: OpenAI is out as a whole, Anthropic or vLLM answers", () => {
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
  test("S0-8, S1-10, S2-17, S3-23, S4-32: 8192 overflowed with an estimate of 3000, claude-2 follows", () => {
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

  test("S2-21: nothing follows an overflow when escalation is not allowed", () => {
    const features = testFeatures({ policy: { allowEscalation: false } });
    const outcome = route(ladder, { features, excluded: [overflowed("8k", 8_000)] });
    expect(outcome).toMatchObject({
      kind: "refused",
      failure: { message: expect.stringContaining("does not allow escalation") },
      skippedByReason: { already_failed: 1, escalation_not_allowed: 6 },
    });
  });

  test("of a model without a known limit any other context may follow", () => {
    expect(triedModels(route(ladder, { excluded: [overflowed("unlimited", 0)] }))).toHaveLength(6);
  });
});

describe("when escalation is not allowed", () => {
  const features = testFeatures({ policy: { allowEscalation: false } });

  test("S2-21: any failure is returned, and no decision lists a fallback that would never be tried", () => {
    const first = route(sampleOfB, { features });
    expect(triedModels(first)).toHaveLength(1);
    expect(first).toMatchObject({
      decision: { fallbacks: [], skippedByReason: { escalation_not_allowed: 3 } },
    });
    const [chosen = ""] = triedModels(first);
    const others = sampleOfB.models.filter((model) => model.id !== chosen);
    for (const { id } of others) {
      expect(fateOf(first, id)).toMatchObject({
        outcome: "skipped",
        score: expect.any(Number),
        skipReason: "escalation_not_allowed",
        detail: "the request does not allow another model after a failure",
      });
    }
    for (const failureClass of ["transient", "rate_limited", "auth", "fatal"] as const) {
      const excluded = [failedCandidate("gpt-4", { failureClass })];
      expect(route(sampleOfB, { features, excluded })).toMatchObject({
        kind: "refused",
        failure: {
          message: `No candidate is left after 1 failed, the last with ${failureClass}. The request does not allow escalation to another model.`,
        },
      });
    }
  });
});

describe("strategy highest_weight after a failure", () => {
  const features = testFeatures({ policy: { strategy: "highest_weight", maxCostPer1kUsd: 0.05 } });
  const tiers = testCatalogue({
    models: [
      testModel("named", { weight: 50, contextTokens: 8_000 }),
      testModel("heavier", { weight: 60, contextTokens: 4_000 }),
      testModel("larger", { weight: 5, contextTokens: 16_000 }),
      testModel("lighter", { weight: 40, contextTokens: 8_000 }),
      testModel("heaviest-but-dear", { weight: 99, price: singlePrice(0.06) }),
    ],
  });

  test("S0-7, S1-10, S2-17: what is heavier or has a larger context comes first, by weight, then the rest; the cost limit holds", () => {
    const outcome = route(tiers, { features, excluded: [failedCandidate("named")] });
    expect(triedModels(outcome)).toEqual(["heavier", "larger", "lighter"]);
    expect(fateOf(outcome, "heaviest-but-dear")?.skipReason).toBe("price_above_limit");
  });

  test("S0-7: the decision lists its fallbacks in the order in which they will be tried", () => {
    const named = {
      ...features,
      requestedModel: "named",
      policy: { ...features.policy, allowFallback: true },
    };
    const planned = triedModels(route(tiers, { features: named }));
    const failed: string[] = [];
    const tried = planned.map(() => {
      const excluded = failed.map((id) => failedCandidate(id));
      const [next = ""] = triedModels(route(tiers, { features: named, excluded }));
      failed.push(next);
      return next;
    });
    expect(planned).toEqual(["named", "heavier", "larger", "lighter"]);
    expect(tried).toEqual(planned);
  });

  test("S0-7: when none is left the refusal tells the failure that came before", () => {
    const excluded = ["named", "heavier", "larger", "lighter"].map((id) =>
      failedCandidate(id, { failureClass: "fatal" }),
    );
    expect(route(tiers, { features, excluded })).toMatchObject({
      kind: "refused",
      failure: { class: "fatal", message: "No candidate is left after 4 failed, the last with fatal." },
    });
  });

  test("models on trial stay behind, whatever their tier", () => {
    const catalogue = testCatalogue({
      providers: [testProvider("openai"), testProvider("shaky")],
      models: [
        ...tiers.models,
        testModel("shaky-large", { providerId: "shaky", contextTokens: 0, weight: 98 }),
      ],
    });
    const health = { shaky: testHealth({ breaker: "open", openedAtMs: testNowMs - 40_000 }) };
    const tried = triedModels(route(catalogue, { features, health, excluded: [failedCandidate("named")] }));
    expect(tried).toEqual(["heavier", "larger", "lighter", "shaky-large"]);
  });
});

describe("the next candidate", () => {
  test("S1d-10: is a peer of the same weight before a lighter model", () => {
    const models = [
      testModel("first", { weight: 10 }),
      testModel("peer", { weight: 10 }),
      testModel("light", { weight: 5 }),
    ];
    const features = testFeatures({ policy: { mode: "high_confidence" } });
    const outcome = route(testCatalogue({ models }), { features, excluded: [failedCandidate("first")] });
    expect(triedModels(outcome)).toEqual(["peer", "light"]);
  });

  test("S3-24, S4-33: is the heaviest that has the capabilities", () => {
    const models = [
      testModel("failed", { weight: 90 }),
      testModel("heavy-mute", { weight: 80, capabilities: ["embeddings"] }),
      testModel("heavy-toolless", { weight: 70, capabilities: ["chat", "streaming"] }),
      testModel("able", { weight: 20, capabilities: ["chat", "tools"] }),
      testModel("able-lighter", { weight: 10 }),
    ];
    const features = testFeatures({ needs: ["tools"], policy: { strategy: "highest_weight" } });
    const outcome = route(testCatalogue({ models }), { features, excluded: [failedCandidate("failed")] });
    expect(triedModels(outcome)).toEqual(["able", "able-lighter"]);
  });
});
