import { routingPolicySchema, type CallJob, type RouteJob } from "@tokenhub/contracts";

/** A routing job as a gateway adds it; `number` becomes part of the request id. */
export function routeJob(number = 0, changes: Partial<RouteJob> = {}): RouteJob {
  return {
    v: 1,
    requestId: `req_${String(number).padStart(24, "0")}`,
    tenantId: "tenant",
    projectId: null,
    keyId: null,
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
      allowedModelIds: null,
      policy: routingPolicySchema.parse({}),
    },
    formatHeaders: {},
    round: 0,
    excluded: [],
    attempts: [],
    lastDecision: null,
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
      estimatedCostUsd: null,
      aliasId: null,
      explored: false,
      fallbacks: [],
      reason: "named",
      considered: [],
      skippedByReason: {},
    },
  };
}
