import type {
  CallAttempt,
  CallFailure,
  CallIncidentFact,
  RequestFinishedFact,
  RequestResult,
} from "@tokenhub/contracts";

/** A request id of the right form for a number. */
export function requestIdOf(number: number): string {
  return `req_${String(number).padStart(24, "0")}`;
}

const chosen = { modelId: "gpt", providerId: "openai" };
const baseMs = 1_795_000_000_000;

export function buildFailure(failure: Partial<CallFailure> = {}): CallFailure {
  return {
    class: "transient",
    code: "provider_error",
    message: "The provider failed.",
    providerStatus: 500,
    providerMessage: "raw words of the provider",
    providerCode: null,
    retryAfterMs: null,
    ...failure,
  };
}

export function buildAttempt(attempt: Partial<CallAttempt> = {}): CallAttempt {
  return {
    ...chosen,
    round: 0,
    startedAtMs: baseMs + 10,
    durationMs: 400,
    failure: null,
    called: true,
    ...attempt,
  };
}

/** A chat request that gpt answered in half a second for 0.001 USD; the other candidate was claude. */
export function buildFact(
  number: number,
  {
    result = {},
    ...fact
  }: Partial<Omit<RequestFinishedFact, "result">> & { readonly result?: Partial<RequestResult> } = {},
): RequestFinishedFact {
  const candidate = { estimatedCostUsd: 0.001, skipReason: null, detail: "fits" };
  return {
    v: 1,
    type: "request-finished",
    eventId: `evt_${requestIdOf(number)}`,
    tenantId: "tenant-a",
    projectId: null,
    keyId: "key_one",
    lane: "interactive",
    operation: "chat",
    callerFormat: "openai-chat",
    acceptedAtMs: baseMs + number,
    finishedAtMs: baseMs + number + 500,
    requestedModel: null,
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
      upstreamModel: "gpt-up",
      finishReason: { unified: "stop", raw: "stop" },
      usage: {
        inputTokens: 10,
        outputTokens: 20,
        cacheReadTokens: 0,
        cacheWriteTokens: 0,
        reasoningTokens: 0,
        source: "provider",
      },
      warnings: [],
      failure: null,
      attempts: [buildAttempt({ startedAtMs: baseMs + number })],
      ambiguousCalls: 0,
      decision: {
        strategy: "objective",
        mode: "normal",
        catalogueVersion: 3,
        chosen,
        estimatedCostUsd: 0.001,
        aliasId: null,
        explored: false,
        fallbacks: [{ modelId: "claude", providerId: "anthropic" }],
        reason: "objective/normal score=-0.1 of 2",
        considered: [
          { ...chosen, outcome: "chosen", score: -0.1, ...candidate },
          { modelId: "claude", providerId: "anthropic", outcome: "fallback", score: 0.1, ...candidate },
        ],
        skippedByReason: {},
      },
      refusal: null,
      costUsd: 0.001,
      timeToFirstTokenMs: null,
      durationMs: 500,
      ...result,
    },
  };
}

/** A call that was in flight when its worker died. */
export function buildIncident(number: number): CallIncidentFact {
  return {
    v: 1,
    type: "call-incident",
    eventId: `evt_incident_${number}`,
    kind: "ambiguous",
    requestId: requestIdOf(number),
    tenantId: "tenant-a",
    ...chosen,
    occurredAtMs: baseMs + number,
    usage: null,
  };
}
