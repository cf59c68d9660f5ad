import type { CallAttempt, CallFailure, RequestFinishedFact, RequestResult } from "@tokenhub/contracts";
import { describe, expect, test } from "vitest";
import { rewardsOf } from "./rewards-of.ts";

function failure(failureClass: CallFailure["class"]): CallFailure {
  return {
    class: failureClass,
    code: "provider_error",
    message: "failed",
    providerStatus: null,
    providerMessage: null,
    providerCode: null,
    retryAfterMs: null,
  };
}

function attemptOf(modelId: string, changes: Partial<CallAttempt> = {}): CallAttempt {
  return {
    modelId,
    providerId: `${modelId}-house`,
    round: 0,
    startedAtMs: 10_000,
    durationMs: 1_000,
    failure: null,
    called: true,
    ...changes,
  };
}

function factOf(
  result: Partial<RequestResult> = {},
  changes: Partial<RequestFinishedFact> = {},
): RequestFinishedFact {
  return {
    v: 1,
    type: "request-finished",
    eventId: "evt_1",
    tenantId: "tenant",
    projectId: null,
    keyId: "key_1",
    lane: "interactive",
    operation: "chat",
    callerFormat: "openai-chat",
    acceptedAtMs: 9_900,
    finishedAtMs: 12_000,
    requestedModel: null,
    estimatedInputTokens: 1_500,
    maxLatencyMs: 4_000,
    ...changes,
    result: {
      v: 1,
      requestId: "req_1",
      outcome: "succeeded",
      wireFormat: "openai-chat",
      stream: false,
      modelId: "good",
      providerId: "good-house",
      upstreamModel: "good",
      finishReason: { unified: "stop", raw: "stop" },
      usage: null,
      warnings: [],
      failure: null,
      attempts: [attemptOf("good")],
      ambiguousCalls: 0,
      decision: {
        strategy: "thompson",
        mode: "normal",
        catalogueVersion: 1,
        chosen: { modelId: "good", providerId: "good-house" },
        estimatedCostUsd: 0.02,
        aliasId: null,
        explored: true,
        fallbacks: [],
        reason: "thompson",
        considered: [],
        skippedByReason: {},
      },
      refusal: null,
      costUsd: 0.05,
      timeToFirstTokenMs: null,
      durationMs: 2_100,
      ...result,
    },
  };
}

describe("the rewards of a request", () => {
  test("S1-24, S1d-29: an answer leaves a record with context, action and reward", () => {
    expect(rewardsOf(factOf())).toEqual([
      {
        requestId: "req_1",
        attempt: 0,
        tenantId: "tenant",
        operation: "chat",
        estimatedInputTokens: 1_500,
        tokenBucket: "medium",
        latencyBudgetMs: 4_000,
        strategy: "thompson",
        mode: "normal",
        modelId: "good",
        providerId: "good-house",
        explored: true,
        succeeded: true,
        failureClass: null,
        latencyMs: 1_000,
        costUsd: 0.05,
        reward: expect.closeTo(0.3 * 0.5 + 0.3 * 0.75 + 0.4, 12),
        atMs: 11_000,
      },
    ]);
  });

  test("Reward: a failed attempt has 0 and is booked to the model that failed, the answer to the one that answered", () => {
    const attempts = [
      attemptOf("bad", { failure: failure("transient") }),
      attemptOf("bad", { failure: failure("rate_limited") }),
      attemptOf("good", { round: 1, startedAtMs: 14_000 }),
    ];
    const records = rewardsOf(factOf({ attempts }));
    expect(records.map(({ modelId, reward, attempt }) => [modelId, reward, attempt])).toEqual([
      ["bad", 0, 0],
      ["bad", 0, 1],
      ["good", expect.closeTo(0.775, 12), 2],
    ]);
    expect(records[0]).toMatchObject({
      succeeded: false,
      failureClass: "transient",
      costUsd: null,
      explored: false,
    });
  });

  test("a request that fails for good punishes every model that was tried, and no empty one", () => {
    const attempts = [
      attemptOf("bad", { failure: failure("fatal") }),
      attemptOf("worse", { failure: failure("deadline"), round: 1 }),
    ];
    const records = rewardsOf(
      factOf({ outcome: "failed", failure: failure("deadline"), attempts, modelId: null, decision: null }),
    );
    expect(records.map(({ modelId, reward, strategy }) => [modelId, reward, strategy])).toEqual([
      ["bad", 0, null],
      ["worse", 0, null],
    ]);
  });

  test.each([
    ["the caller's bad request", { failure: failure("bad_request") }],
    ["a cancelled call", { failure: failure("cancelled") }],
    ["a breaker that let no call through", { failure: failure("transient"), called: false }],
  ])("%s says nothing about the model", (_title, changes) => {
    expect(rewardsOf(factOf({ attempts: [attemptOf("good", changes)] }))[0]?.reward).toBeNull();
  });

  test("the latency of a stream is the time to its first token, without what came before the attempt", () => {
    const attempts = [
      attemptOf("bad", { failure: failure("transient") }),
      attemptOf("good", { startedAtMs: 20_000, durationMs: 60_000, round: 1 }),
    ];
    const records = rewardsOf(factOf({ stream: true, attempts, timeToFirstTokenMs: 10_500 }));
    expect(records.map(({ latencyMs }) => latencyMs)).toEqual([1_000, 400]);
  });

  test.each([
    ["stop", 1],
    ["tool_calls", 1],
    ["length", 0.5],
    ["content_filter", 0],
  ] as const)("S1d-29: how an answer ended stands for its quality: %s is %d", (unified, quality) => {
    const finished = rewardsOf(factOf({ finishReason: { unified, raw: null } }))[0]?.reward;
    expect(finished).toBeCloseTo(0.375 + 0.4 * quality, 12);
  });

  test("S1d-29: a quality somebody has judged counts instead", () => {
    const fact = factOf({ finishReason: { unified: "length", raw: null } });
    expect(rewardsOf(fact, { quality: 0.9 })[0]?.reward).toBeCloseTo(0.375 + 0.36, 12);
  });

  test("embeddings, which have no finish reason, are good when they arrive", () => {
    const fact = factOf({ finishReason: null }, { operation: "embeddings" });
    expect(rewardsOf(fact)[0]?.reward).toBeCloseTo(0.775, 12);
  });
});
