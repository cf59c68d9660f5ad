import type { CallOutcome, RunEvent } from "@tokenhub/contracts";

/** An event as followers get it. */
export interface FollowedEvent {
  /** The place behind it; null for what is told from the books. */
  readonly id: string | null;
  readonly type:
    | "phase_started"
    | "delta"
    | "phase_finished"
    | "decision"
    | "retried"
    | "done"
    | "interrupted";
  readonly data: Readonly<Record<string, unknown>>;
}

type PhaseEvent = Extract<RunEvent, { type: "phase_started" | "phase_finished" }>;

/** The public form of a run event; of `done` see the follower, which adds the report. */
export function presentRunEvent(
  event: Exclude<RunEvent, { type: "done" }>,
): Pick<FollowedEvent, "type" | "data"> {
  const { type, atMs } = event;
  switch (type) {
    case "phase_started":
      return { type, data: { ...phaseOf(event), at_ms: atMs } };
    case "phase_finished":
      return { type, data: { ...phaseOf(event), ...outcomeOf(event.outcome), at_ms: atMs } };
    case "decision":
      return { type, data: { ...event.decision, at_ms: atMs } };
  }
}

function phaseOf({ callId, phase, role, attempt, requestId }: PhaseEvent) {
  return { call_id: callId, phase, role, attempt, request_id: requestId };
}

function outcomeOf(outcome: CallOutcome) {
  const { modelId, providerId, usage, costUsd } = outcome;
  const isAnswer = outcome.kind === "answered";
  return {
    status: isAnswer ? "succeeded" : "failed",
    model: modelId,
    provider: providerId,
    output: isAnswer ? outcome.text : null,
    finish_reason: isAnswer ? outcome.finishReason : null,
    ...(isAnswer && outcome.toolCalls !== null ? { tool_calls: outcome.toolCalls } : {}),
    error: isAnswer ? null : { code: outcome.failure.code, message: outcome.failure.message },
    usage:
      usage === null
        ? null
        : {
            input_tokens: usage.inputTokens,
            output_tokens: usage.outputTokens,
            total_tokens: usage.inputTokens + usage.outputTokens,
          },
    cost_usd: costUsd,
  };
}
