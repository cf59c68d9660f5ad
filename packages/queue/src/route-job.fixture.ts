import type { CallJob, RouteJob } from "@tokenhub/contracts";

/** A routing job as a gateway adds it; `number` becomes part of the request id. */
export function routeJob(number = 0, changes: Partial<RouteJob> = {}): RouteJob {
  return {
    v: 1,
    requestId: `req_${String(number).padStart(24, "0")}`,
    tenantId: "tenant",
    lane: "interactive",
    traceparent: null,
    acceptedAtMs: 1,
    deadlineAtMs: 4_000_000_000_000,
    replyTo: null,
    features: {
      operation: "chat",
      wireFormat: "openai-chat",
      stream: false,
      requestedModel: null,
      estimatedInputTokens: 1,
      maxOutputTokens: null,
      needs: [],
      policy: {
        strategy: "objective",
        mode: "normal",
        maxCostPer1kUsd: null,
        minContextTokens: null,
        minWeight: null,
        allowFallback: false,
        allowEscalation: true,
      },
    },
    formatHeaders: {},
    round: 0,
    excluded: [],
    attempts: [],
    ...changes,
  };
}

/** The same job after the router chose a model of `providerId`. */
export function callJob(number: number, providerId: string): CallJob {
  const chosen = { modelId: "model", providerId };
  return {
    ...routeJob(number),
    decision: {
      strategy: "objective",
      mode: "normal",
      catalogueVersion: 1,
      chosen,
      fallbacks: [],
      reason: "named",
      considered: [],
      skippedByReason: {},
    },
  };
}
