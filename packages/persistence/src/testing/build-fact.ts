import type { RewardEntry } from "../requests/reward-repository.ts";
import type { CallIncidentFact, RequestFinishedFact, RequestResult } from "@tokenhub/contracts";

/** A request id of the right form for a number. */
export function requestIdOf(number: number): string {
  return `req_${String(number).padStart(24, "0")}`;
}

/** A succeeded chat request; `number` makes its ids and its time. */
export function buildFact(
  number: number,
  {
    result = {},
    ...fact
  }: Partial<Omit<RequestFinishedFact, "result">> & { readonly result?: Partial<RequestResult> } = {},
): RequestFinishedFact {
  const chosen = { modelId: "gpt-4", providerId: "openai" };
  return {
    v: 1,
    type: "request-finished",
    eventId: `evt_${requestIdOf(number)}`,
    tenantId: "tenant-a",
    projectId: "prj_search",
    keyId: "key_one",
    lane: "interactive",
    operation: "chat",
    callerFormat: "openai-chat",
    acceptedAtMs: 1_795_000_000_000 + number,
    finishedAtMs: 1_795_000_001_500 + number,
    requestedModel: "fast",
    estimatedInputTokens: 12,
    maxLatencyMs: 10_000,
    ...fact,
    result: {
      v: 1,
      requestId: requestIdOf(number),
      outcome: "succeeded",
      wireFormat: "openai-chat",
      stream: false,
      ...chosen,
      upstreamModel: "gpt-4-0613",
      finishReason: { unified: "stop", raw: "stop" },
      usage: {
        inputTokens: 10,
        outputTokens: 20,
        cacheReadTokens: 3,
        cacheWriteTokens: 2,
        reasoningTokens: 5,
        source: "provider",
      },
      warnings: ["top_k is not known to this provider and was dropped"],
      failure: null,
      attempts: [
        {
          ...chosen,
          round: 0,
          startedAtMs: 1_795_000_000_010,
          durationMs: 1_400,
          failure: null,
          called: true,
        },
      ],
      ambiguousCalls: 0,
      decision: {
        strategy: "objective",
        mode: "normal",
        catalogueVersion: 3,
        chosen,
        estimatedCostUsd: 0.002,
        aliasId: "fast",
        explored: false,
        fallbacks: [{ modelId: "claude-sonnet", providerId: "anthropic" }],
        reason: "alias:fast",
        considered: [
          {
            ...chosen,
            outcome: "chosen",
            score: -0.125,
            estimatedCostUsd: 0.002,
            skipReason: null,
            detail: "best score",
          },
        ],
        skippedByReason: { not_named: 2 },
      },
      refusal: null,
      costUsd: 0.0015,
      timeToFirstTokenMs: 250,
      durationMs: 1_500,
      ...result,
    },
  };
}

/** What the first attempt of a request was worth. */
export function buildReward(fact: RequestFinishedFact): RewardEntry {
  return {
    eventId: fact.eventId,
    attemptIndex: 0,
    timestampMs: fact.finishedAtMs,
    requestId: fact.result.requestId,
    tenantId: fact.tenantId,
    keyId: fact.keyId,
    modelId: fact.result.modelId ?? "",
    providerId: fact.result.providerId ?? "",
    strategy: "thompson",
    mode: "normal",
    estimatedTokens: fact.estimatedInputTokens,
    tokenBucket: "small",
    latencyBudgetMs: null,
    latencyMs: fact.result.durationMs,
    costNanoUsd: 1_500_000,
    succeeded: true,
    errorClass: null,
    explored: false,
    propensity: null,
    quality: null,
    reward: 0.75,
  };
}

/** A call that was in flight when its worker died. */
export function buildIncident(number: number, incident: Partial<CallIncidentFact> = {}): CallIncidentFact {
  return {
    v: 1,
    type: "call-incident",
    eventId: `evt_incident_${number}`,
    kind: "ambiguous",
    requestId: requestIdOf(1),
    tenantId: "tenant-a",
    modelId: "gpt-4",
    providerId: "openai",
    occurredAtMs: 1_795_000_000_000 + number,
    usage: null,
    ...incident,
  };
}
