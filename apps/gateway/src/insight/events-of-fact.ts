import type { CallAttempt, RequestFinishedFact } from "@tokenhub/contracts";
import type { NewEvent } from "@tokenhub/persistence";
import type { KeyNames } from "./key-names.ts";
import { newEvent } from "./new-event.ts";

/**
 * The events that tell of a finished request, in the order in which things happened: `stream_started`, one `escalation`
 * for each time it went on to another model, and `route_success` or `route_error`.
 */
export function eventsOfFact(fact: RequestFinishedFact, names: Pick<KeyNames, "of">): NewEvent[] {
  return [...streamStart(fact, names), ...escalations(fact, names), ending(fact, names)].toSorted(
    (left, right) => left.timestampMs - right.timestampMs,
  );
}

function aboutRequest({ result, keyId, tenantId }: RequestFinishedFact, names: Pick<KeyNames, "of">) {
  return {
    request_id: result.requestId,
    tenant_id: tenantId,
    api_key_id: keyId,
    api_key_name: names.of(keyId),
    mode: (result.decision ?? result.refusal)?.mode,
  };
}

function streamStart(fact: RequestFinishedFact, names: Pick<KeyNames, "of">): NewEvent[] {
  const { stream, timeToFirstTokenMs, modelId, providerId } = fact.result;
  if (!stream || timeToFirstTokenMs === null) return [];
  return [
    newEvent("stream_started", fact.acceptedAtMs + timeToFirstTokenMs, {
      model_id: modelId,
      provider_id: providerId,
      latency_ms: timeToFirstTokenMs,
      ...aboutRequest(fact, names),
    }),
  ];
}

function escalations(fact: RequestFinishedFact, names: Pick<KeyNames, "of">): NewEvent[] {
  const { attempts } = fact.result;
  return attempts.flatMap((attempt, index) => {
    const failed = attempts[index - 1];
    if (failed === undefined || isSameCandidate(failed, attempt)) return [];
    return [
      newEvent("escalation", attempt.startedAtMs, {
        from_model_id: failed.modelId,
        from_provider_id: failed.providerId,
        model_id: attempt.modelId,
        provider_id: attempt.providerId,
        reason: failed.failure?.class,
        error_class: failed.failure?.class,
        error_msg: failed.failure?.message,
        ...aboutRequest(fact, names),
      }),
    ];
  });
}

function isSameCandidate(one: CallAttempt, other: CallAttempt): boolean {
  return one.modelId === other.modelId && one.providerId === other.providerId;
}

function ending(fact: RequestFinishedFact, names: Pick<KeyNames, "of">): NewEvent {
  const { result, finishedAtMs } = fact;
  const { usage, failure } = result;
  return newEvent(result.outcome === "succeeded" ? "route_success" : "route_error", finishedAtMs, {
    model_id: result.modelId,
    provider_id: result.providerId,
    latency_ms: result.durationMs,
    cost_usd: result.costUsd,
    input_tokens: usage?.inputTokens,
    output_tokens: usage?.outputTokens,
    total_tokens: usage === null ? null : usage.inputTokens + usage.outputTokens,
    error_class: failure?.class,
    error_code: failure?.code,
    error_msg: failure?.message,
    reason: result.decision?.reason,
    attempts: result.attempts.length,
    ...aboutRequest(fact, names),
  });
}
