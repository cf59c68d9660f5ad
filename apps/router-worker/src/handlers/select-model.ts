import {
  finishedFactOf,
  resultOf,
  type CallFailure,
  type RequestResult,
  type RouteJob,
} from "@tokenhub/contracts";
import type { CallLedger } from "@tokenhub/ledger";
import type { JobHandler, JobOutcome, JobProducer } from "@tokenhub/queue";
import { decideRoute } from "@tokenhub/routing";
import type { RouterEvents } from "../events.ts";
import { offerTrials } from "../offer-trials.ts";
import type { RouterState } from "../router-state.ts";

export interface SelectModelDeps {
  readonly state: Pick<RouterState, "catalogueIndex" | "health">;
  readonly producer: Pick<JobProducer, "addCall">;
  readonly ledger: Pick<CallLedger, "commit">;
  readonly events: RouterEvents;
  readonly now: () => number;
  readonly random: () => number;
}

/** How soon a job is looked at again while no catalogue has been published yet. */
const catalogueWaitMs = 250;

/**
 * Picks the model of one request and hands it to that provider's queue, or ends it with the reason why none fits.
 * A repeated delivery decides again and adds the same job id, or finds the result written: nothing happens twice.
 */
export function createSelectModel(deps: SelectModelDeps): JobHandler<RouteJob> {
  return async (job) => {
    const nowMs = deps.now();
    const catalogue = deps.state.catalogueIndex();
    if (nowMs >= job.deadlineAtMs) return refuse(deps, job, deadlinePassed);
    if (catalogue === null) return { kind: "snooze", delayMs: catalogueWaitMs };

    const outcome = decideRoute({
      catalogue,
      features: job.features,
      excluded: job.excluded,
      health: offerTrials(deps.state.health(), { nowMs, random: deps.random }),
      nowMs,
    });
    if (outcome.kind === "refused") {
      deps.events.refused(job, outcome);
      return refuse(
        deps,
        job,
        job.attempts.findLast((attempt) => attempt.failure !== null)?.failure ?? outcome.failure,
      );
    }
    await deps.producer.addCall({ ...job, decision: outcome.decision });
    deps.events.decided(job, outcome.decision, deps.now() - nowMs);
    return { kind: "done" };
  };
}

const deadlinePassed: CallFailure = {
  class: "deadline",
  code: "deadline_exceeded",
  message: "The request's deadline passed before a model was called. Send it again with a longer timeout.",
  providerStatus: null,
  providerMessage: null,
  providerCode: null,
  retryAfterMs: null,
};

async function refuse(deps: SelectModelDeps, job: RouteJob, failure: CallFailure): Promise<JobOutcome> {
  const finishedAtMs = deps.now();
  const last = job.attempts.at(-1);
  const result: RequestResult = {
    ...resultOf(job, {
      outcome: "failed",
      failure,
      decision: null,
      attempts: job.attempts,
      ambiguousCalls: 0,
      answer: null,
      firstTokenAtMs: null,
      finishedAtMs,
    }),
    // No candidate is left to choose; the record names the one that failed last.
    modelId: last?.modelId ?? null,
    providerId: last?.providerId ?? null,
  };
  await deps.ledger.commit({
    requestId: job.requestId,
    token: "",
    round: job.round,
    providerId: null,
    frameCount: 0,
    resultJson: JSON.stringify(result),
    body: "",
    factJson: JSON.stringify(finishedFactOf(job, finishedAtMs)),
    incidentJson: "",
    replyTo: job.replyTo,
    health: { kind: "none" },
  });
  return { kind: "done" };
}
