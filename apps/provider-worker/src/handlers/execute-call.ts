import type {
  CallAttempt,
  CallFailure,
  CallJob,
  CatalogueModel,
  CatalogueProvider,
} from "@tokenhub/contracts";
import type { Claim } from "@tokenhub/ledger";
import { tellRun, type JobHandler, type JobOutcome } from "@tokenhub/queue";
import { failureOf } from "../call-failures.ts";
import { canGoElsewhere, capacityNeedOf } from "../capacity-need.ts";
import type { CallDeps } from "../call-deps.ts";
import { endRequest, incidentOf } from "../end-request.ts";
import { runClaimedCall } from "./run-claimed-call.ts";

/** A candidate of the decision, found in this worker's catalogue. */
export interface CallTarget {
  readonly provider: CatalogueProvider;
  readonly model: CatalogueModel;
}

/** Added to the remaining lease of another holder before looking again. */
const busyMarginMs = 100;
/** A request in line for a provider's capacity looks again this often, for those before it may have gone away. */
const lineCheckMs = 5_000;
/** Spreads those who come back at the same moment. */
const lineJitterMs = 50;

/**
 * Makes one request's provider call. The ledger decides whether it may be made: a redelivered job whose result is stored
 * only makes sure that its run knows, one whose holder lives waits, one whose holder died is made again and counted as
 * ambiguous.
 */
export function createExecuteCall(deps: CallDeps): JobHandler<CallJob> {
  return async (job, shutdown) => {
    const target = deps.findTarget(job.decision.chosen);
    if (deps.now() >= job.deadlineAtMs) {
      return endRequest(deps, {
        job,
        token: "",
        failure: failureOf("deadline", job),
        attempts: job.attempts,
      });
    }
    if (target === null) return handBack(deps, job, failureOf("candidate_gone", job), job.attempts);

    const token = deps.newToken();
    const { providerId } = job.decision.chosen;
    const incidentJson = JSON.stringify(incidentOf(deps, job, "ambiguous", token, null));
    const claim = await deps.ledger.claim({
      requestId: job.requestId,
      providerId,
      round: job.round,
      token,
      incidentJson,
      ...capacityNeedOf(job, target, deps.now()),
    });
    return act(deps, { job, target, token, claim, shutdown });
  };
}

interface ClaimedJob {
  readonly job: CallJob;
  readonly target: CallTarget;
  readonly token: string;
  readonly claim: Claim;
  readonly shutdown: AbortSignal;
}

async function act(deps: CallDeps, { job, target, token, claim, shutdown }: ClaimedJob): Promise<JobOutcome> {
  switch (claim.kind) {
    case "done":
    case "superseded":
      await tellRun(deps.producer, { job, isOver: claim.kind === "done" });
      return { kind: "done" };
    case "busy":
      return { kind: "snooze", delayMs: claim.retryInMs + busyMarginMs };
    case "cancelled":
      return endRequest(deps, {
        job,
        token: "",
        failure: failureOf("cancelled", job),
        attempts: [...job.attempts, ...claim.history],
      });
    case "body_lost":
      return endRequest(deps, {
        job,
        token: "",
        failure: failureOf("body_lost", job),
        attempts: [...job.attempts, ...claim.history],
      });
    case "breaker_open":
      return handBack(deps, job, { ...failureOf("breaker_open", job), retryAfterMs: claim.retryInMs }, [
        ...job.attempts,
        ...claim.history,
      ]);
    case "rate_limited":
      return awaitCapacity(deps, job, claim);
    case "interrupted":
      return endRequest(deps, {
        job,
        token,
        failure: failureOf("stream_interrupted", job),
        attempts: [...job.attempts, ...claim.history],
        ambiguousCalls: claim.ambiguousCalls,
        usage: "estimated",
      });
    case "fresh":
    case "ambiguous":
      return runClaimedCall(deps, { job, target, token, claim, shutdown });
  }
}

/** A provider's limit is used up for now: the request waits for its turn, goes elsewhere, or ends when its turn comes too late. */
async function awaitCapacity(
  deps: CallDeps,
  job: CallJob,
  { history, retryInMs, isInLine }: Extract<Claim, { kind: "rate_limited" }>,
): Promise<JobOutcome> {
  if (isInLine) {
    deps.events.throttled(job, "wait", retryInMs);
    return { kind: "snooze", delayMs: Math.min(retryInMs, lineCheckMs) + deps.random() * lineJitterMs };
  }
  const failure: CallFailure = { ...failureOf("throttled", job), retryAfterMs: retryInMs };
  const attempts = [...job.attempts, ...history];
  if (canGoElsewhere(job)) {
    deps.events.throttled(job, "reroute", retryInMs);
    return handBack(deps, job, failure, attempts);
  }
  deps.events.throttled(job, "refuse", retryInMs);
  return endRequest(deps, {
    job,
    token: "",
    failure,
    attempts: [...attempts, uncalled(deps, job, failure)],
  });
}

function uncalled(deps: CallDeps, { decision, round }: CallJob, failure: CallFailure): CallAttempt {
  return { ...decision.chosen, round, startedAtMs: deps.now(), durationMs: 0, failure, called: false };
}

/** Returns a request to the router without a call: the candidate cannot be used right now. */
async function handBack(
  deps: CallDeps,
  job: CallJob,
  failure: CallFailure,
  attempts: readonly CallAttempt[],
): Promise<JobOutcome> {
  const { decision, ...envelope } = job;
  await deps.producer.addRoute({
    ...envelope,
    lastDecision: decision,
    round: job.round + 1,
    attempts: [...attempts, uncalled(deps, job, failure)],
    excluded: [
      ...job.excluded,
      { ...decision.chosen, failureClass: failure.class, wholeProvider: true, overflowedContextTokens: null },
    ],
  });
  return { kind: "done" };
}
