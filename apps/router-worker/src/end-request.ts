import {
  finishedFactOf,
  resultOf,
  type CallFailure,
  type RequestResult,
  type RouteJob,
  type RoutingRefusal,
} from "@tokenhub/contracts";
import type { CallLedger } from "@tokenhub/ledger";
import { tellRun, type JobProducer } from "@tokenhub/queue";

export interface EndRequestDeps {
  readonly ledger: Pick<CallLedger, "commit">;
  readonly producer: Pick<JobProducer, "addOrchestrate">;
  readonly now: () => number;
}

const noProvider = {
  providerStatus: null,
  providerMessage: null,
  providerCode: null,
  retryAfterMs: null,
} as const;

/** Ends that are not about the candidates. */
export const failures = {
  deadlinePassed: {
    class: "deadline",
    code: "deadline_exceeded",
    message: "The request's deadline passed before a model was called. Send it again with a longer timeout.",
    ...noProvider,
  },
  givenUp: {
    class: "fatal",
    code: "internal_error",
    message:
      "TokenHub gave the request up after choosing a model for it failed on every attempt. Quote the request id to the operator.",
    ...noProvider,
  },
} as const satisfies Record<string, CallFailure>;

/**
 * Ends a request without a call; its record tells the decision of the round before, if there was one, and why nothing
 * follows it. Of several ends only the first is kept. The orchestration it is a call of is told each time, for whoever wrote
 * the first end may have died before telling.
 */
export async function endRequest(
  deps: EndRequestDeps,
  job: RouteJob,
  { failure, refusal }: { readonly failure: CallFailure; readonly refusal: RoutingRefusal | null },
): Promise<void> {
  const finishedAtMs = deps.now();
  const last = job.attempts.at(-1);
  const result: RequestResult = {
    ...resultOf(job, {
      outcome: "failed",
      failure,
      decision: job.lastDecision,
      ...(refusal === null ? {} : { refusal }),
      attempts: job.attempts,
      ambiguousCalls: 0,
      answer: null,
      firstTokenAtMs: null,
      finishedAtMs,
    }),
    // The record names the candidate that failed last.
    modelId: last?.modelId ?? null,
    providerId: last?.providerId ?? null,
  };
  const committed = await deps.ledger.commit({
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
  await tellRun(deps.producer, { job, isOver: committed });
}
