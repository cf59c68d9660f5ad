import type { RequestFinishedFact, RunChangedFact, WebhookEvent } from "@tokenhub/contracts";
import { webhookEventOf } from "./webhook-event-of.ts";

const endTypes = {
  succeeded: "orchestration.completed",
  failed: "orchestration.failed",
  cancelled: "orchestration.cancelled",
} as const;

/** The event of a run's end; none for one that goes on. Each attempt of a run ends once. */
export function eventsOfRun({ input, state, occurredAtMs }: RunChangedFact): WebhookEvent[] {
  const { outcome, attempt } = state;
  if (outcome === null) return [];
  return [
    webhookEventOf({
      type: endTypes[outcome.kind],
      subjectId: input.runId,
      occurrence: attempt,
      tenantId: input.tenantId,
      projectId: input.projectId,
      createdAtMs: state.finishedAtMs ?? occurredAtMs,
      data: {
        id: input.runId,
        request_id: input.requestId,
        mode: input.settings.mode,
        status: outcome.kind,
        attempt,
        error_code: outcome.kind === "failed" ? outcome.failure.code : null,
      },
    }),
  ];
}

/** The event of the end of an orchestration's call; none for other requests, and for calls that were cancelled. */
export function eventsOfCall(fact: RequestFinishedFact): WebhookEvent[] {
  const { runId, callId, result } = fact;
  if (runId === undefined || callId === undefined || result.outcome === "cancelled") return [];
  const hasSucceeded = result.outcome === "succeeded";
  return [
    webhookEventOf({
      type: hasSucceeded ? "orchestration.phase.completed" : "orchestration.phase.failed",
      // A call that is made again has a request of its own.
      subjectId: result.requestId,
      tenantId: fact.tenantId,
      projectId: fact.projectId,
      createdAtMs: fact.finishedAtMs,
      data: {
        id: runId,
        call_id: callId,
        phase: callId.slice(0, callId.lastIndexOf(".")),
        request_id: result.requestId,
        status: result.outcome,
        model: result.modelId,
        provider: result.providerId,
        cost_usd: result.costUsd,
        error_code: result.failure?.code ?? null,
      },
    }),
  ];
}
