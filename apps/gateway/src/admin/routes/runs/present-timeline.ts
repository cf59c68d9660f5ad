import type { RunCall, RunOutcome } from "@tokenhub/contracts";
import { timeText } from "../../fields.ts";
import type { LoggedCall, TimelineEntry } from "./run-timeline.ts";

export interface TimelineView {
  /** Whether decisions, which may quote answers, are part of it. */
  readonly showsTexts: boolean;
}

/** One entry in the public names; never a prompt or a whole answer. */
export function presentTimelineEntry(entry: TimelineEntry, { showsTexts }: TimelineView) {
  const at = { type: entry.type, at: timeText(entry.atMs), at_ms: entry.atMs };
  switch (entry.type) {
    case "accepted":
      return at;
    case "retried":
      return { ...at, attempt: entry.attempt };
    case "wait":
      return { ...at, duration_ms: entry.durationMs };
    case "phase_started":
      return { ...at, ...presentCall(entry.call) };
    case "phase_finished":
      return { ...at, ...presentCall(entry.call), ...presentOutcome(entry) };
    case "decision":
      return { ...at, decision: showsTexts ? entry.decision : null };
    case "done":
      return { ...at, ...presentEnd(entry.outcome) };
  }
}

function presentCall({ spec, attempt, requestId }: RunCall) {
  return { id: spec.callId, phase: spec.phase, role: spec.role, attempt, request_id: requestId };
}

function presentOutcome({ call, outcome, logged }: Extract<TimelineEntry, { type: "phase_finished" }>) {
  return {
    status: outcome.kind === "answered" ? "succeeded" : "failed",
    model: outcome.modelId,
    provider: outcome.providerId,
    duration_ms: Math.max(0, outcome.finishedAtMs - call.startedAtMs),
    input_tokens: outcome.usage?.inputTokens ?? null,
    output_tokens: outcome.usage?.outputTokens ?? null,
    cost_usd: outcome.costUsd,
    error:
      outcome.kind === "failed" ? { code: outcome.failure.code, message: outcome.failure.message } : null,
    routing: logged === null ? null : presentRouting(logged),
    timings: logged === null ? null : presentTimings(logged),
  };
}

function presentRouting({ reason, strategy, routingMode, attemptCount }: LoggedCall) {
  return { reason, strategy, mode: routingMode, attempts: attemptCount };
}

function presentTimings({ durationMs, callsMs }: LoggedCall) {
  return {
    total_ms: durationMs,
    calls_ms: callsMs,
    /** Queues, routing, backoff. */
    other_ms: Math.max(0, durationMs - callsMs),
  };
}

function presentEnd(outcome: RunOutcome) {
  return {
    status: outcome.kind,
    reason: outcome.kind === "succeeded" ? outcome.reason : null,
    error:
      outcome.kind === "failed" ? { code: outcome.failure.code, message: outcome.failure.message } : null,
  };
}
