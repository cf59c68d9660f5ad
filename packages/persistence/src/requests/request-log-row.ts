import { callAttemptSchema, routingDecisionSchema, routingRefusalSchema } from "@tokenhub/contracts";
import type {
  CallAttempt,
  RequestFinishedFact,
  RoutingDecision,
  RoutingRefusal,
  Usage,
} from "@tokenhub/contracts";
import type { Selectable } from "kysely";
import { parseContent, parseJsonColumn } from "../read-row.ts";
import type { EventType, RequestLogTable } from "../schema/request-tables.ts";
import { storableText } from "../storable-text.ts";
import { nanoUsdOf } from "./nano-usd.ts";

export type RequestLogRow = Selectable<RequestLogTable>;

/** One finished request, without the long parts. */
export interface RequestLogSummary {
  readonly requestId: string;
  readonly eventId: string;
  readonly tenantId: string;
  readonly projectId: string | null;
  readonly keyId: string | null;
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
  readonly aliasId: string | null;
  readonly strategy: RequestLogRow["strategy"];
  readonly routingMode: RequestLogRow["routing_mode"];
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
  /** What the router expected; null when it knew no price or chose nothing. */
  readonly estimatedCostNanoUsd: number | null;
  readonly orchestrationMode: string;
  /** The orchestration it was a call of; null for a request of its own. */
  readonly runId: string | null;
}

/** One finished request with everything that is kept of it. */
export interface RequestLogEntry extends RequestLogSummary {
  readonly decision: RoutingDecision | null;
  readonly refusal: RoutingRefusal | null;
  readonly attempts: readonly CallAttempt[];
  readonly warnings: readonly string[];
}

/** The columns of a summary. */
export type SummaryRow = Omit<
  RequestLogRow,
  "decision_json" | "refusal_json" | "attempts_json" | "warnings_json"
>;

const eventTypes = {
  chat: "chat_completion",
  completion: "text_completion",
  embeddings: "embedding",
} as const satisfies Record<RequestFinishedFact["operation"], EventType>;

/** Where the mode of the orchestration that a request was a call of is not known yet. */
const unknownMode = "unknown";

/**
 * The row of a fact.
 * @param modeOfRun the modes of the orchestrations that are known, by id.
 */
export function rowOfFact(fact: RequestFinishedFact, modeOfRun: ReadonlyMap<string, string>): RequestLogRow {
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
    cost_nano_usd: nanoUsdOf(result.costUsd),
    orchestration_mode: fact.runId === undefined ? "simple" : (modeOfRun.get(fact.runId) ?? unknownMode),
    decision_json: result.decision === null ? null : JSON.stringify(result.decision),
    attempts_json: JSON.stringify(result.attempts),
    warnings_json: JSON.stringify(result.warnings),
    key_id: storableText(fact.keyId),
    project_id: storableText(fact.projectId),
    alias_id: storableText(result.decision?.aliasId ?? null),
    strategy: (result.decision ?? result.refusal)?.strategy ?? null,
    routing_mode: (result.decision ?? result.refusal)?.mode ?? null,
    refusal_json: result.refusal === null ? null : JSON.stringify(result.refusal),
    estimated_cost_nano_usd: nanoUsdOf(result.decision?.estimatedCostUsd ?? null),
    run_id: fact.runId ?? null,
  };
}

/** @throws DatabaseError naming the row when its JSON does not fit this release. */
export function entryOfRow(row: RequestLogRow): RequestLogEntry {
  const at = { table: "request_log", id: row.request_id };
  const warnings = parseJsonColumn(row.warnings_json);
  return {
    ...summaryOfRow(row),
    decision: parseContent(routingDecisionSchema.nullable(), {
      ...at,
      value: readDecision(row.decision_json),
    }),
    refusal: parseContent(routingRefusalSchema.nullable(), {
      ...at,
      value: parseJsonColumn(row.refusal_json),
    }),
    attempts: parseContent(callAttemptSchema.array(), { ...at, value: readAttempts(row.attempts_json) }),
    warnings: Array.isArray(warnings) ? warnings.map(String) : [],
  };
}

/** Rows of the first release lack what decisions and attempts have learned to say since. */
function readDecision(text: string | null): unknown {
  const decision = parseJsonColumn(text);
  if (!isRecord(decision)) return decision;
  const considered = decision["considered"];
  return {
    estimatedCostUsd: null,
    aliasId: null,
    explored: false,
    ...decision,
    considered: Array.isArray(considered)
      ? considered.map((candidate) => ({ estimatedCostUsd: null, ...candidate }))
      : considered,
  };
}

function readAttempts(text: string): unknown {
  const attempts = parseJsonColumn(text);
  return Array.isArray(attempts) ? attempts.map((attempt) => ({ called: true, ...attempt })) : attempts;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

export function summaryOfRow(row: SummaryRow): RequestLogSummary {
  return {
    requestId: row.request_id,
    eventId: row.event_id,
    tenantId: row.tenant_id,
    projectId: row.project_id,
    keyId: row.key_id,
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
    aliasId: row.alias_id,
    strategy: row.strategy,
    routingMode: row.routing_mode,
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
    estimatedCostNanoUsd: row.estimated_cost_nano_usd,
    orchestrationMode: row.orchestration_mode,
    runId: row.run_id,
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
