import type { CallAttempt, CallFailure } from "@tokenhub/contracts";
import type { HealthOutcome } from "@tokenhub/ledger";
import type { JobOutcome } from "@tokenhub/queue";
import { countsAgainstHealth, decideRecovery, type Recovery } from "@tokenhub/resilience";
import type { CallDeps } from "./call-deps.ts";
import { failureOf } from "./call-failures.ts";
import { usedTokensOf } from "./capacity-need.ts";
import { endRequest, incidentOf } from "./end-request.ts";
import type { CallInFlight } from "./handlers/run-claimed-call.ts";
import { defaultCooldownMs } from "./provider-cooldown.ts";
import type { StopReason } from "./running-calls.ts";

export interface CallBreakdown {
  readonly failure: CallFailure;
  /** Frames already in the stream log; more than 0 means a reader may have seen tokens. */
  readonly frameCount: number;
  /** False for a call that was never made, which says nothing about the provider. Default: true. */
  readonly wasCalled?: boolean;
  readonly firstTokenAtMs?: number | null;
  /** Content events delivered before the break, for the estimate of what was paid. */
  readonly deliveredTokens?: number;
}

/** A call that was stopped says nothing about its provider, but if it was a breaker's trial, the next one may be made. */
const unjudged: HealthOutcome = { kind: "neutral" };

/** Reacts to a call that failed or was stopped: again, elsewhere, or the end. */
export async function recoverFrom(
  deps: CallDeps,
  inFlight: CallInFlight,
  breakdown: CallBreakdown,
): Promise<JobOutcome> {
  const stopReason = inFlight.call.stopReason();
  if (stopReason !== null) return afterStop(deps, inFlight, breakdown, stopReason);

  const { job, claim } = inFlight;
  const { failure } = breakdown;
  const recovery = decideRecovery({
    failure,
    attemptsOnCandidate: claim.attemptsOnRound,
    attemptsInRequest: claim.attempts,
    // Another model of a throttled provider is throttled as well.
    hasFallback: job.decision.fallbacks.some(
      (fallback) => fallback.providerId !== job.decision.chosen.providerId,
    ),
    tokensSent: breakdown.frameCount > 0,
    remainingMs: job.deadlineAtMs - deps.now(),
    policy: deps.policy,
    random: deps.random,
  });
  deps.events.failed(job, failure, recovery);
  return applyRecovery(deps, inFlight, breakdown, recovery);
}

async function applyRecovery(
  deps: CallDeps,
  inFlight: CallInFlight,
  breakdown: CallBreakdown,
  recovery: Recovery,
): Promise<JobOutcome> {
  const { job, token } = inFlight;
  const { providerId } = job.decision.chosen;
  const attempt = attemptOf(deps, inFlight, breakdown);
  const health = breakdown.wasCalled === false ? unjudged : healthOf(breakdown.failure);
  const release = {
    requestId: job.requestId,
    token,
    providerId,
    health,
    attempt,
    usedTokens: usedTokensOf(null, attempt),
  };
  switch (recovery.kind) {
    case "retry_same":
      await deps.ledger.release(release);
      return { kind: "snooze", delayMs: Math.max(1, Math.ceil(recovery.delayMs)) };
    case "reroute": {
      // The new round first: if this worker dies before the release, the later round takes the row over.
      const { decision, ...envelope } = job;
      await deps.producer.addRoute({
        ...envelope,
        lastDecision: decision,
        round: job.round + 1,
        attempts: [...inFlight.history, attempt],
        excluded: [
          ...job.excluded,
          {
            ...decision.chosen,
            failureClass: breakdown.failure.class,
            wholeProvider: recovery.wholeProvider,
            overflowedContextTokens: recovery.overflow ? inFlight.target.model.contextTokens : null,
          },
        ],
      });
      await deps.ledger.release(release);
      return { kind: "done" };
    }
    case "give_up":
      return finish(deps, inFlight, breakdown, {
        failure: asSeenByReader(breakdown, job),
        health,
      });
  }
}

/** A reader that has tokens gets one meaning of every break: the stream is over and is not repeated by itself. */
function asSeenByReader(breakdown: CallBreakdown, job: CallInFlight["job"]): CallFailure {
  if (breakdown.frameCount === 0) return breakdown.failure;
  const { message, code } = failureOf("stream_interrupted", job);
  return { ...breakdown.failure, code, message };
}

async function afterStop(
  deps: CallDeps,
  inFlight: CallInFlight,
  breakdown: CallBreakdown,
  reason: StopReason,
): Promise<JobOutcome> {
  const { job, token } = inFlight;
  switch (reason) {
    case "cancelled":
    case "deadline":
      return finish(deps, inFlight, breakdown, { failure: failureOf(reason, job), health: unjudged });
    case "lost":
      // Whoever holds the row now ends the request; if nobody does (Redis was away), this job claims it again.
      return { kind: "snooze", delayMs: deps.leaseMs };
    case "shutdown": {
      if (breakdown.frameCount > 0) {
        return finish(deps, inFlight, breakdown, {
          failure: failureOf("stream_interrupted", job),
          health: unjudged,
        });
      }
      const attempt = attemptOf(deps, inFlight, breakdown);
      deps.events.handedBack(job, incidentOf(deps, job, "ambiguous", token, null));
      await deps.ledger.release({
        requestId: job.requestId,
        token,
        providerId: job.decision.chosen.providerId,
        health: unjudged,
        attempt,
      });
      return { kind: "snooze", delayMs: 0 };
    }
  }
}

async function finish(
  deps: CallDeps,
  inFlight: CallInFlight,
  breakdown: CallBreakdown,
  end: { failure: CallFailure; health: HealthOutcome },
): Promise<JobOutcome> {
  const { job, token, claim } = inFlight;
  return endRequest(deps, {
    job,
    token,
    failure: end.failure,
    attempts: [...inFlight.history, attemptOf(deps, inFlight, { ...breakdown, failure: end.failure })],
    ambiguousCalls: claim.ambiguousCalls,
    frameCount: breakdown.frameCount,
    firstTokenAtMs: breakdown.firstTokenAtMs ?? null,
    health: end.health,
    ...(breakdown.frameCount > 0 || end.failure.class === "cancelled" || end.failure.class === "deadline"
      ? { usage: "estimated" as const, deliveredTokens: breakdown.deliveredTokens ?? 0 }
      : {}),
  });
}

function attemptOf(
  deps: CallDeps,
  { job, startedAtMs }: CallInFlight,
  { failure, wasCalled = true }: CallBreakdown,
): CallAttempt {
  return {
    ...job.decision.chosen,
    round: job.round,
    startedAtMs,
    durationMs: Math.max(0, deps.now() - startedAtMs),
    failure,
    called: wasCalled,
  };
}

function healthOf(failure: CallFailure): HealthOutcome {
  if (failure.class === "rate_limited")
    return { kind: "rate_limited", cooldownMs: failure.retryAfterMs ?? defaultCooldownMs };
  return countsAgainstHealth(failure.class) === "error" ? { kind: "error" } : { kind: "neutral" };
}
