import {
  errorTable,
  type CallAttempt,
  type CallFailure,
  type CallIncidentFact,
  type ConsideredCandidate,
  type RoutingDecision,
  type RoutingRefusal,
  type Usage,
} from "@tokenhub/contracts";
import type { RequestLogEntry, RequestLogSummary, RewardEntry } from "@tokenhub/persistence";
import type { KeyNames } from "../../../insight/key-names.ts";
import { timeText, usdOf } from "../../fields.ts";
import { presentReward } from "./present-reward.ts";

/** One line of the request log. */
export function presentSummary(entry: RequestLogSummary, names: Pick<KeyNames, "of">) {
  return {
    request_id: entry.requestId,
    timestamp: timeText(entry.acceptedAtMs),
    finished_at: timeText(entry.finishedAtMs),
    tenant_id: entry.tenantId,
    project_id: entry.projectId,
    api_key_id: entry.keyId,
    api_key_name: names.of(entry.keyId),
    lane: entry.lane,
    operation: entry.operation,
    event_type: entry.eventType,
    caller_format: entry.callerFormat,
    stream: entry.stream,
    outcome: entry.outcome,
    status_code: statusOf(entry),
    error_code: entry.errorCode,
    error_class: entry.failureClass,
    requested_model: entry.requestedModel,
    alias_from: entry.aliasId,
    model_id: entry.modelId,
    provider_id: entry.providerId,
    upstream_model: entry.upstreamModel,
    strategy: entry.strategy,
    mode: entry.routingMode,
    orchestration_mode: entry.orchestrationMode,
    run_id: entry.runId,
    latency_ms: entry.durationMs,
    time_to_first_token_ms: entry.timeToFirstTokenMs,
    estimated_input_tokens: entry.estimatedInputTokens,
    input_tokens: entry.usage?.inputTokens ?? null,
    output_tokens: entry.usage?.outputTokens ?? null,
    total_tokens: totalTokens(entry.usage),
    usage_source: entry.usage?.source ?? null,
    cost_usd: usdOf(entry.costNanoUsd),
    estimated_cost_usd: usdOf(entry.estimatedCostNanoUsd),
    attempts: entry.attemptCount,
    ambiguous_calls: entry.ambiguousCalls,
  };
}

/** The same under the names of the earlier request log; `estimated_cost_usd` is the actual cost where it is known. */
export function presentLogEntry(entry: RequestLogSummary, names: Pick<KeyNames, "of">) {
  return {
    id: entry.requestId,
    ...presentSummary(entry, names),
    estimated_cost_usd: usdOf(entry.costNanoUsd ?? entry.estimatedCostNanoUsd),
  };
}

/** Everything that is kept of a request: what was decided and why, what was tried, what it cost. Never a prompt. */
export function presentEntry(
  entry: RequestLogEntry,
  {
    names,
    incidents,
    rewards,
  }: {
    readonly names: Pick<KeyNames, "of">;
    readonly incidents: readonly CallIncidentFact[];
    readonly rewards: readonly RewardEntry[];
  },
) {
  const callsMs = entry.attempts.reduce((sum, { durationMs }) => sum + durationMs, 0);
  return {
    ...presentSummary(entry, names),
    usage: presentUsage(entry.usage),
    decision: entry.decision === null ? null : presentDecision(entry.decision),
    refusal: entry.refusal === null ? null : presentChoice(entry.refusal),
    attempts: entry.attempts.map(presentAttempt),
    warnings: entry.warnings,
    incidents: incidents.map(presentIncident),
    rewards: rewards.map(presentReward),
    timings: {
      accepted_at: timeText(entry.acceptedAtMs),
      first_call_at: timeText(entry.attempts[0]?.startedAtMs ?? null),
      finished_at: timeText(entry.finishedAtMs),
      total_ms: entry.durationMs,
      calls_ms: callsMs,
      /** Queues, routing, backoff. */
      other_ms: Math.max(0, entry.durationMs - callsMs),
      time_to_first_token_ms: entry.timeToFirstTokenMs,
    },
  };
}

function statusOf({ errorCode }: RequestLogSummary): number {
  return errorCode === null ? 200 : errorTable[errorCode].status;
}

function totalTokens(usage: Usage | null): number | null {
  return usage === null ? null : usage.inputTokens + usage.outputTokens;
}

function presentUsage(usage: Usage | null) {
  if (usage === null) return null;
  return {
    input_tokens: usage.inputTokens,
    output_tokens: usage.outputTokens,
    total_tokens: totalTokens(usage),
    cache_read_tokens: usage.cacheReadTokens,
    cache_write_tokens: usage.cacheWriteTokens,
    reasoning_tokens: usage.reasoningTokens,
    source: usage.source,
  };
}

function presentDecision(decision: RoutingDecision) {
  return {
    ...presentChoice(decision),
    chosen: presentReference(decision.chosen),
    reason: decision.reason,
    alias_from: decision.aliasId,
    explored: decision.explored,
    estimated_cost_usd: decision.estimatedCostUsd,
    fallbacks: decision.fallbacks.map(presentReference),
  };
}

function presentChoice(choice: RoutingRefusal) {
  return {
    strategy: choice.strategy,
    mode: choice.mode,
    catalogue_version: choice.catalogueVersion,
    candidates: choice.considered.map(presentCandidate),
    skipped_by_reason: choice.skippedByReason,
  };
}

function presentCandidate(candidate: ConsideredCandidate) {
  return {
    ...presentReference(candidate),
    outcome: candidate.outcome,
    score: candidate.score,
    estimated_cost_usd: candidate.estimatedCostUsd,
    skip_reason: candidate.skipReason,
    detail: candidate.detail,
  };
}

function presentAttempt(attempt: CallAttempt) {
  return {
    ...presentReference(attempt),
    round: attempt.round,
    started_at: timeText(attempt.startedAtMs),
    duration_ms: attempt.durationMs,
    called: attempt.called,
    failure: attempt.failure === null ? null : presentFailure(attempt.failure),
  };
}

/** Without the provider's own message: it may quote what the caller sent. */
function presentFailure(failure: CallFailure) {
  return {
    class: failure.class,
    code: failure.code,
    message: failure.message,
    provider_status: failure.providerStatus,
    provider_code: failure.providerCode,
    retry_after_ms: failure.retryAfterMs,
  };
}

function presentIncident(incident: CallIncidentFact) {
  return {
    kind: incident.kind,
    ...presentReference(incident),
    occurred_at: timeText(incident.occurredAtMs),
    usage: presentUsage(incident.usage),
  };
}

function presentReference({
  modelId,
  providerId,
}: {
  readonly modelId: string;
  readonly providerId: string;
}) {
  return { model_id: modelId, provider_id: providerId };
}
