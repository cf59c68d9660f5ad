import type { CallFailure } from "./failure.ts";
import type { RequestFinishedFact } from "./facts.ts";
import type { CallAttempt, Envelope } from "./jobs.ts";
import type { RequestResult } from "./result.ts";
import type { RoutingDecision, RoutingRefusal } from "./routing.ts";

/** What whoever ends a request knows about its end; the rest of the record comes from its envelope. */
export interface RequestEnding {
  readonly outcome: RequestResult["outcome"];
  readonly failure: CallFailure | null;
  readonly decision: RoutingDecision | null;
  /** Why the router found no candidate, when that ended the request. */
  readonly refusal?: RoutingRefusal;
  readonly costUsd?: number | null;
  readonly attempts: readonly CallAttempt[];
  readonly ambiguousCalls: number;
  readonly answer: Pick<
    RequestResult,
    "wireFormat" | "upstreamModel" | "finishReason" | "usage" | "warnings"
  > | null;
  readonly firstTokenAtMs: number | null;
  readonly finishedAtMs: number;
}

/** Builds the result record of a request. */
export function resultOf(job: Envelope, ending: RequestEnding): RequestResult {
  const { decision, answer } = ending;
  return {
    v: 1,
    requestId: job.requestId,
    outcome: ending.outcome,
    wireFormat: answer?.wireFormat ?? null,
    stream: job.features.stream,
    modelId: decision?.chosen.modelId ?? null,
    providerId: decision?.chosen.providerId ?? null,
    upstreamModel: answer?.upstreamModel ?? null,
    finishReason: answer?.finishReason ?? null,
    usage: answer?.usage ?? null,
    warnings: answer?.warnings ?? [],
    failure: ending.failure,
    attempts: [...ending.attempts],
    ambiguousCalls: ending.ambiguousCalls,
    decision,
    refusal: ending.refusal ?? null,
    costUsd: ending.costUsd ?? null,
    timeToFirstTokenMs:
      ending.firstTokenAtMs === null ? null : Math.max(0, ending.firstTokenAtMs - job.acceptedAtMs),
    durationMs: Math.max(0, ending.finishedAtMs - job.acceptedAtMs),
  };
}

/** The fact of a request's end, without the result: that is stored beside it, once. Its event id is the request's own. */
export function finishedFactOf(job: Envelope, finishedAtMs: number): Omit<RequestFinishedFact, "result"> {
  return {
    v: 1,
    type: "request-finished",
    eventId: `evt_${job.requestId}`,
    tenantId: job.tenantId,
    projectId: job.projectId,
    keyId: job.keyId,
    lane: job.lane,
    ...(job.runId === undefined ? {} : { runId: job.runId }),
    ...(job.callId === undefined ? {} : { callId: job.callId }),
    operation: job.features.operation,
    callerFormat: job.features.wireFormat,
    acceptedAtMs: job.acceptedAtMs,
    finishedAtMs,
    requestedModel: job.features.requestedModel,
    estimatedInputTokens: job.features.estimatedInputTokens,
    maxLatencyMs: job.features.policy.maxLatencyMs,
  };
}
