import { runInputSchema, runStateSchema } from "@tokenhub/contracts";
import type { RunCall, RunChangedFact, RunInput, RunOutcome, RunState } from "@tokenhub/contracts";
import type { Selectable } from "kysely";
import { parseContent, parseJsonColumn } from "../read-row.ts";
import { nanoUsdOf } from "../requests/nano-usd.ts";
import type { RunStatus, RunTable } from "../schema/run-tables.ts";
import { storableText } from "../storable-text.ts";

export type RunRow = Selectable<RunTable>;

/** One orchestration, without what was asked and answered. */
export interface RunSummary {
  readonly runId: string;
  /** The caller's request that it answers. */
  readonly requestId: string;
  readonly tenantId: string;
  readonly projectId: string | null;
  readonly keyId: string | null;
  readonly mode: string;
  readonly status: RunStatus;
  readonly errorCode: RunRow["error_code"];
  readonly createdAtMs: number;
  readonly finishedAtMs: number | null;
  /** 1, one more for each retry. */
  readonly attempt: number;
  /** Billionths of a US dollar over all calls of all attempts; null when one of them is unknown. */
  readonly costNanoUsd: number | null;
  readonly inputTokens: number;
  readonly outputTokens: number;
  /** Of all attempts. */
  readonly callCount: number;
}

/** One orchestration with everything that is kept of it, prompts and answers included. */
export interface StoredRun extends RunSummary {
  readonly input: RunInput;
  readonly state: RunState;
}

/** The columns of a summary. */
export type RunSummaryRow = Omit<RunRow, "ended_call_count" | "changed_at_ms" | "input_json" | "state_json">;

/** `running` until there is an outcome. */
export function runStatusOf(state: { readonly outcome: Pick<RunOutcome, "kind"> | null }): RunStatus {
  return state.outcome?.kind ?? "running";
}

/** The row of a fact. */
export function rowOfRun({ input, state, occurredAtMs }: RunChangedFact): RunRow {
  const calls = [...state.pastCalls, ...state.calls];
  const { outcome } = state;
  const finishedAtMs = outcome === null ? null : (state.finishedAtMs ?? occurredAtMs);
  return {
    id: input.runId,
    request_id: storableText(input.requestId),
    tenant_id: storableText(input.tenantId),
    project_id: storableText(input.projectId),
    key_id: storableText(input.keyId),
    mode: storableText(input.settings.mode),
    status: runStatusOf(state),
    created_at_ms: Math.round(input.acceptedAtMs),
    finished_at_ms: finishedAtMs === null ? null : Math.round(finishedAtMs),
    attempt: state.attempt,
    cost_nano_usd: nanoUsdOf(costOf(calls)),
    input_tokens: sumOf(calls, (call) => call.outcome?.usage?.inputTokens),
    output_tokens: sumOf(calls, (call) => call.outcome?.usage?.outputTokens),
    call_count: calls.length,
    ended_call_count: calls.filter((call) => call.outcome !== null).length,
    changed_at_ms: Math.round(occurredAtMs),
    error_code: outcome?.kind === "failed" ? outcome.failure.code : null,
    input_json: JSON.stringify(input),
    state_json: JSON.stringify(state),
  };
}

/**
 * Orders the rows of one run: negative when the left one is older. What a run has gone through is decided by the attempt,
 * then by whether it has ended, then by how many of its calls have; the clock only breaks ties.
 */
export function compareRunRows(left: RunRow, right: RunRow): number {
  return (
    left.attempt - right.attempt ||
    Number(left.finished_at_ms !== null) - Number(right.finished_at_ms !== null) ||
    left.ended_call_count - right.ended_call_count ||
    left.changed_at_ms - right.changed_at_ms
  );
}

/** The same order in SQL: whether the row that comes (`excluded`) is newer than the one that is there. */
export const isNewerClause = `(excluded.attempt, excluded.finished_at_ms is not null, excluded.ended_call_count, excluded.changed_at_ms)
  > (runs.attempt, runs.finished_at_ms is not null, runs.ended_call_count, runs.changed_at_ms)`;

/** Null when nobody knows what an answer cost. */
function costOf(calls: readonly RunCall[]): number | null {
  const isKnown = calls.every(({ outcome }) => outcome?.kind !== "answered" || outcome.costUsd !== null);
  return isKnown ? sumOf(calls, ({ outcome }) => outcome?.costUsd ?? 0) : null;
}

function sumOf(calls: readonly RunCall[], amountOf: (call: RunCall) => number | undefined): number {
  return calls.reduce((sum, call) => sum + (amountOf(call) ?? 0), 0);
}

export function summaryOfRunRow(row: RunSummaryRow): RunSummary {
  return {
    runId: row.id,
    requestId: row.request_id,
    tenantId: row.tenant_id,
    projectId: row.project_id,
    keyId: row.key_id,
    mode: row.mode,
    status: row.status,
    errorCode: row.error_code,
    createdAtMs: row.created_at_ms,
    finishedAtMs: row.finished_at_ms,
    attempt: row.attempt,
    costNanoUsd: row.cost_nano_usd,
    inputTokens: row.input_tokens,
    outputTokens: row.output_tokens,
    callCount: row.call_count,
  };
}

/** @throws DatabaseError naming the row when its JSON does not fit this release. */
export function storedRunOf(row: RunRow): StoredRun {
  const at = { table: "runs", id: row.id };
  return {
    ...summaryOfRunRow(row),
    input: parseContent(runInputSchema, { ...at, value: parseJsonColumn(row.input_json) }),
    state: parseContent(runStateSchema, { ...at, value: parseJsonColumn(row.state_json) }),
  };
}
