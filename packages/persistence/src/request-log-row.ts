import { callAttemptSchema, routingDecisionSchema } from "@tokenhub/contracts";
import type { CallAttempt, RequestFinishedFact, RoutingDecision, Usage } from "@tokenhub/contracts";
import type { Selectable } from "kysely";
import { parseContent, parseJsonColumn } from "./read-row.ts";
import type { EventType, RequestLogTable } from "./schema.ts";
import { storableText } from "./storable-text.ts";

export type RequestLogRow = Selectable<RequestLogTable>;

/** One finished request, without the long parts. */
export interface RequestLogSummary {
  readonly requestId: string;
  readonly eventId: string;
  readonly tenantId: string;
  readonly lane: RequestLogRow["lane"];
  readonly operation: RequestLogRow["operation"];
  readonly callerFormat: RequestLogRow["caller_format"];
  readonly eventType: EventType;
  readonly outcome: RequestLogRow["outcome"];
  readonly errorCode: RequestLogRow["error_code"];
  readonly failureClass: RequestLogRow["failure_class"];
  readonly modelId: string | null;
  readonly providerId: string | null;
  readonly upstreamModel: string | null;
  readonly requestedModel: string | null;
  readonly stream: boolean;
  readonly acceptedAtMs: number;
  readonly finishedAtMs: number;
  readonly durationMs: number;
  readonly timeToFirstTokenMs: number | null;
  readonly usage: Usage | null;
  readonly attemptCount: number;
  readonly ambiguousCalls: number;
  readonly estimatedInputTokens: number;
  /** Billionths of a US dollar; null when unknown. */
  readonly costNanoUsd: number | null;
  readonly orchestrationMode: string;
}

/** One finished request with everything that is kept of it. */
export interface RequestLogEntry extends RequestLogSummary {
  readonly decision: RoutingDecision | null;
  readonly attempts: readonly CallAttempt[];
  readonly warnings: readonly string[];
}

/** The columns of a summary. */
export type SummaryRow = Omit<RequestLogRow, "decision_json" | "attempts_json" | "warnings_json">;

const eventTypes = { chat: "chat_completion", embeddings: "embedding" } as const satisfies Record<
  RequestFinishedFact["operation"],
  EventType
>;

/** The row of a fact; `costNanoUsd` is null when price or usage is unknown. */
export function rowOfFact(
  fact: RequestFinishedFact,
  { costNanoUsd }: { readonly costNanoUsd: number | null },
): RequestLogRow {
  const { result } = fact;
  return {
    request_id: result.requestId,
    event_id: fact.eventId,
    tenant_id: storableText(fact.tenantId),
    lane: fact.lane,
    operation: fact.operation,
    caller_format: fact.callerFormat,
    event_type: eventTypes[fact.operation],
    outcome: result.outcome,
    error_code: result.failure?.code ?? null,
    failure_class: result.failure?.class ?? null,
    model_id: storableText(result.modelId),
    provider_id: storableText(result.providerId),
    upstream_model: storableText(result.upstreamModel),
    requested_model: storableText(fact.requestedModel),
    stream: result.stream ? 1 : 0,
    accepted_at_ms: Math.round(fact.acceptedAtMs),
    finished_at_ms: Math.round(fact.finishedAtMs),
    duration_ms: Math.round(result.durationMs),
    time_to_first_token_ms: result.timeToFirstTokenMs === null ? null : Math.round(result.timeToFirstTokenMs),
    input_tokens: result.usage?.inputTokens ?? null,
    output_tokens: result.usage?.outputTokens ?? null,
    cache_read_tokens: result.usage?.cacheReadTokens ?? null,
    cache_write_tokens: result.usage?.cacheWriteTokens ?? null,
    reasoning_tokens: result.usage?.reasoningTokens ?? null,
    usage_source: result.usage?.source ?? null,
    attempt_count: result.attempts.length,
    ambiguous_calls: result.ambiguousCalls,
    estimated_input_tokens: fact.estimatedInputTokens,
    cost_nano_usd: costNanoUsd === null ? null : Math.round(costNanoUsd),
    orchestration_mode: "simple",
    decision_json: result.decision === null ? null : JSON.stringify(result.decision),
    attempts_json: JSON.stringify(result.attempts),
    warnings_json: JSON.stringify(result.warnings),
  };
}

/** @throws DatabaseError naming the row when its JSON does not fit this release. */
export function entryOfRow(row: RequestLogRow): RequestLogEntry {
  const at = { table: "request_log", id: row.request_id };
  const decision = parseJsonColumn(row.decision_json);
  const warnings = parseJsonColumn(row.warnings_json);
  return {
    ...summaryOfRow(row),
    decision: decision === null ? null : parseContent(routingDecisionSchema, { ...at, value: decision }),
    attempts: parseContent(callAttemptSchema.array(), { ...at, value: parseJsonColumn(row.attempts_json) }),
    warnings: Array.isArray(warnings) ? warnings.map(String) : [],
  };
}

export function summaryOfRow(row: SummaryRow): RequestLogSummary {
  return {
    requestId: row.request_id,
    eventId: row.event_id,
    tenantId: row.tenant_id,
    lane: row.lane,
    operation: row.operation,
    callerFormat: row.caller_format,
    eventType: row.event_type,
    outcome: row.outcome,
    errorCode: row.error_code,
    failureClass: row.failure_class,
    modelId: row.model_id,
    providerId: row.provider_id,
    upstreamModel: row.upstream_model,
    requestedModel: row.requested_model,
    stream: row.stream === 1,
    acceptedAtMs: row.accepted_at_ms,
    finishedAtMs: row.finished_at_ms,
    durationMs: row.duration_ms,
    timeToFirstTokenMs: row.time_to_first_token_ms,
    usage: usageOfRow(row),
    attemptCount: row.attempt_count,
    ambiguousCalls: row.ambiguous_calls,
    estimatedInputTokens: row.estimated_input_tokens,
    costNanoUsd: row.cost_nano_usd,
    orchestrationMode: row.orchestration_mode,
  };
}

function usageOfRow(row: SummaryRow): Usage | null {
  if (row.usage_source === null) return null;
  return {
    inputTokens: row.input_tokens ?? 0,
    outputTokens: row.output_tokens ?? 0,
    cacheReadTokens: row.cache_read_tokens ?? 0,
    cacheWriteTokens: row.cache_write_tokens ?? 0,
    reasoningTokens: row.reasoning_tokens ?? 0,
    source: row.usage_source,
  };
}
