import {
  finishedFactOf,
  resultOf,
  type CallAttempt,
  type CallFailure,
  type CallIncidentFact,
  type CallJob,
  type RequestEnding,
  type Usage,
} from "@tokenhub/contracts";
import type { CommitInput, HealthOutcome } from "@tokenhub/ledger";
import { tellRun, type JobOutcome } from "@tokenhub/queue";
import { costOfUsage } from "@tokenhub/routing";
import { usageOrEstimate } from "./answer.ts";
import type { CallDeps } from "./call-deps.ts";
import { usedTokensOf } from "./capacity-need.ts";

export interface Ending {
  readonly job: CallJob;
  /** Empty when the request ends without a claimed call. */
  readonly token: string;
  /** Null for an answer. */
  readonly failure: CallFailure | null;
  readonly attempts: readonly CallAttempt[];
  readonly ambiguousCalls?: number;
  readonly answer?: NonNullable<RequestEnding["answer"]>;
  /** `estimated` for a call that was cut off: it was paid, but nobody said how much. */
  readonly usage?: "estimated";
  /** Content events that were delivered before the cut: about one token each. */
  readonly deliveredTokens?: number;
  readonly body?: string;
  readonly frameCount?: number;
  readonly firstTokenAtMs?: number | null;
  readonly health?: HealthOutcome;
}

/** Commits the end of a request and is done with its job. */
export async function endRequest(deps: CallDeps, ending: Ending): Promise<JobOutcome> {
  await commitEnding(deps, ending);
  return { kind: "done" };
}

/**
 * Commits the end of a request, whatever it is, and tells the orchestration it is a call of; a commit that comes too late is
 * recorded as an incident by the ledger. False when it was refused: there is a result already, or another holder has the
 * request. The run is told in that case as well, for whoever committed the result may have died before telling.
 */
export async function commitEnding(deps: CallDeps, ending: Ending): Promise<boolean> {
  const { job, token, failure } = ending;
  const finishedAtMs = deps.now();
  const answer =
    ending.answer ?? (ending.usage === "estimated" ? cutOffAnswer(job, ending.deliveredTokens ?? 0) : null);
  const result = resultOf(job, {
    outcome: failure === null ? "succeeded" : failure.class === "cancelled" ? "cancelled" : "failed",
    failure,
    decision: job.decision,
    attempts: ending.attempts,
    ambiguousCalls: ending.ambiguousCalls ?? 0,
    answer,
    costUsd: costOfUsage(answer?.usage ?? null, deps.findTarget(job.decision.chosen)?.model.price ?? null),
    firstTokenAtMs: ending.firstTokenAtMs ?? null,
    finishedAtMs,
  });
  const committed = await commitPatiently(deps, {
    requestId: job.requestId,
    token,
    round: job.round,
    providerId: job.decision.chosen.providerId,
    frameCount: ending.frameCount ?? 0,
    resultJson: JSON.stringify(result),
    body: ending.body ?? "",
    factJson: JSON.stringify(finishedFactOf(job, finishedAtMs)),
    incidentJson:
      token === "" ? "" : JSON.stringify(incidentOf(deps, job, "duplicate", token, answer?.usage ?? null)),
    replyTo: job.replyTo,
    health: ending.health ?? { kind: "none" },
    usedTokens: token === "" ? null : usedTokensOf(answer?.usage ?? null, ending.attempts.at(-1)),
  });
  deps.events.ended(job, result, committed);
  await tellRun(deps.producer, { job, isOver: committed });
  return committed;
}

function cutOffAnswer(job: CallJob, outputTokens: number): NonNullable<RequestEnding["answer"]> {
  const usage = usageOrEstimate(null, job, outputTokens);
  return { wireFormat: null, upstreamModel: null, finishReason: null, usage, warnings: [] };
}

/** The record of a call that may have been billed although its answer reached nobody. */
export function incidentOf(
  deps: Pick<CallDeps, "now">,
  job: CallJob,
  kind: CallIncidentFact["kind"],
  token: string,
  usage: Usage | null,
): CallIncidentFact {
  return {
    v: 1,
    type: "call-incident",
    eventId: `evt_${job.requestId}_${kind}_${token}`,
    kind,
    requestId: job.requestId,
    tenantId: job.tenantId,
    ...job.decision.chosen,
    occurredAtMs: deps.now(),
    usage,
  };
}

const commitPatienceMs = 30_000;
const commitRetryMs = 250;

/** An answer in hand was paid for: while Redis is away its commit is tried again, which the ledger makes harmless. */
async function commitPatiently(deps: CallDeps, input: CommitInput): Promise<boolean> {
  const giveUpAtMs = deps.now() + commitPatienceMs;
  for (;;) {
    try {
      return await deps.ledger.commit(input);
    } catch (error) {
      deps.events.redisTrouble(error);
      if (deps.now() >= giveUpAtMs) throw error;
      await deps.sleep(commitRetryMs);
    }
  }
}
