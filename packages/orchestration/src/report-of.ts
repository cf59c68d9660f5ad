import type { CallOutcome, RunCall, RunInput, RunOutcome, RunState } from "@tokenhub/contracts";
import { statusOf } from "./run-state.ts";
import type { RunPhaseReport, RunReport } from "./run-report.ts";
import { allCalls, totalsOf, usageOfCall } from "./run-totals.ts";

/** A run in its public shape; while it is under way, `artefacts` is empty and the phases tell what there is. */
export function reportOf(input: RunInput, state: RunState): RunReport {
  const { outcome } = state;
  const { settings } = input;
  const { usage, costUsd } = totalsOf(input, state);
  return {
    id: input.runId,
    object: "orchestration",
    mode: settings.mode,
    status: statusOf(state),
    created_at: Math.floor(input.acceptedAtMs / 1000),
    finished_at: state.finishedAtMs === null ? null : Math.floor(state.finishedAtMs / 1000),
    iterations: settings.voters > 0 ? settings.voters : settings.rounds,
    total_tokens: usage.inputTokens + usage.outputTokens,
    input_tokens: usage.inputTokens,
    output_tokens: usage.outputTokens,
    cost_usd: costUsd,
    worst_case_cost_usd: input.worstCaseCostUsd,
    result: outcome?.kind === "succeeded" ? outcome.text : null,
    reason: outcome?.kind === "succeeded" ? outcome.reason : null,
    artefacts: outcome?.artefacts ?? {},
    error: errorOf(outcome),
    phases: allCalls(state).map((call) => phaseReport({ input, state, call })),
  };
}

function errorOf(outcome: RunOutcome | null): RunReport["error"] {
  if (outcome?.kind === "cancelled")
    return { code: "cancelled", message: "The orchestration was cancelled." };
  if (outcome?.kind !== "failed") return null;
  return { code: outcome.failure.code, message: outcome.failure.message };
}

interface PhaseQuestion {
  readonly input: RunInput;
  readonly state: RunState;
  readonly call: RunCall;
}

function phaseReport(question: PhaseQuestion): RunPhaseReport {
  const { call, state } = question;
  const { spec, outcome } = call;
  const usage = usageOfCall(question);
  const finishedAtMs = outcome?.finishedAtMs ?? null;
  return {
    id: spec.callId,
    phase: spec.phase,
    role: spec.role,
    attempt: call.attempt,
    status: phaseStatus(outcome, state),
    model: outcome?.modelId ?? null,
    provider: outcome?.providerId ?? null,
    request_id: call.requestId,
    output: outcome?.kind === "answered" ? outcome.text : null,
    finish_reason: outcome?.kind === "answered" ? outcome.finishReason : null,
    error: phaseError(outcome, state),
    input_tokens: usage?.inputTokens ?? null,
    output_tokens: usage?.outputTokens ?? null,
    cost_usd: outcome?.costUsd ?? null,
    started_at_ms: call.startedAtMs,
    finished_at_ms: finishedAtMs,
    duration_ms: finishedAtMs === null ? null : Math.max(0, finishedAtMs - call.startedAtMs),
  };
}

/** A call still under way when its run ended was cancelled with it. */
function phaseStatus(outcome: CallOutcome | null, state: RunState): RunPhaseReport["status"] {
  if (outcome === null) return state.outcome === null ? "running" : "failed";
  return outcome.kind === "answered" ? "succeeded" : "failed";
}

function phaseError(outcome: CallOutcome | null, state: RunState): RunPhaseReport["error"] {
  if (outcome === null)
    return state.outcome === null
      ? null
      : { code: "cancelled", message: "The orchestration ended before this call did." };
  if (outcome.kind === "answered") return null;
  return { code: outcome.failure.code, message: outcome.failure.message };
}
