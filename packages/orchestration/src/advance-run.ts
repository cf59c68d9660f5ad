import type { CallOutcome, RunState } from "@tokenhub/contracts";
import type { Advance, AdvanceQuestion, RunCause } from "./advance-question.ts";
import { runFailure } from "./run-failure.ts";
import { outstandingCalls } from "./run-state.ts";
import { begin, end, partialArtefacts, tell, type Work } from "./run-work.ts";
import { repeatCall, takeStep } from "./take-step.ts";

/**
 * The whole of a run's life, one look at a time. It may be called again with the same causes, in any order: an outcome
 * counts once, for the call that it belongs to; unknown and old request ids, a second cancel and a retry of a run that is
 * not over change nothing. Outcomes are taken in before anything else; one that comes after the run's end is kept
 * with its call (a retry need not pay for it again) and changes the run's outcome no more.
 *
 * A call whose stream broke off after its first words (its worker died, or its provider) begins again under a new request id:
 * nobody but this run has seen the half answer. It does so {@link interruptedRepeatsMax} times at most in one attempt of the
 * run, and is not held against the budget anew: it was let through when it began.
 *
 * Before new calls begin, the run fails with `budget_exceeded` when what is known to be spent has reached
 * `input.maxCostUsd`, and with `deadline_exceeded` when its first attempt is past its deadline; what was paid for stays.
 * A mode that throws or asks for what it must not ends the run with `internal_error`.
 */
export function advanceRun(question: AdvanceQuestion): Advance {
  const work = begin(question);
  for (const event of question.events) if (event.kind === "call_ended") takeOutcome(work, event);
  for (const event of question.events) {
    if (event.kind === "cancel") cancelRun(work);
    else if (event.kind === "retry") retryRun(work, event.modelId);
  }
  if (work.outcome === null) takeStep(work);
  const state: RunState = {
    v: 1,
    attempt: work.attempt,
    calls: work.calls,
    pastCalls: work.pastCalls,
    outcome: work.outcome,
    finishedAtMs: work.finishedAtMs,
  };
  return {
    state: work.isChanged ? state : question.state,
    events: work.events,
    submit: work.submit,
    cancel: work.outcome === null ? [] : outstandingCalls(state).map(({ requestId }) => requestId),
    isChanged: work.isChanged,
  };
}

function takeOutcome(work: Work, { requestId, outcome }: Extract<RunCause, { kind: "call_ended" }>): void {
  const index = work.calls.findIndex((call) => call.requestId === requestId);
  const call = work.calls[index];
  if (call === undefined || call.outcome !== null) return;
  work.calls[index] = { ...call, outcome };
  work.isChanged = true;
  // Those who follow the run have been told that it is over.
  if (work.outcome === null) {
    const { callId, phase, role } = call.spec;
    tell(work, { type: "phase_finished", callId, phase, role, attempt: call.attempt, requestId, outcome });
    if (isWorthRepeating(work, call.spec.callId, outcome)) repeatCall(work, index);
  }
}

/** How often one call begins again because its stream broke off. */
export const interruptedRepeatsMax = 5;

function isWorthRepeating(work: Work, callId: string, outcome: CallOutcome): boolean {
  if (!isInterrupted(outcome)) return false;
  const repeats = work.pastCalls.filter(
    (past) => past.spec.callId === callId && past.outcome !== null && isInterrupted(past.outcome),
  );
  return repeats.length < interruptedRepeatsMax * work.attempt;
}

function isInterrupted(outcome: CallOutcome): boolean {
  return outcome.kind === "failed" && outcome.failure.code === "stream_interrupted";
}

function cancelRun(work: Work): void {
  if (work.outcome === null) end(work, { kind: "cancelled", artefacts: partialArtefacts(work) });
}

function retryRun(work: Work, modelId: string | null): void {
  if (work.outcome === null || work.outcome.kind === "succeeded") return;
  const { nowMs } = work.question;
  for (const call of work.calls) {
    if (call.outcome?.kind === "answered") continue;
    work.pastCalls.push(call.outcome === null ? { ...call, outcome: givenUp(nowMs) } : call);
    if (modelId !== null) work.repeats.set(call.spec.callId, modelId);
  }
  work.calls = work.calls.filter(({ outcome }) => outcome?.kind === "answered");
  work.attempt += 1;
  work.outcome = null;
  work.finishedAtMs = null;
  work.isChanged = true;
  tell(work, { type: "decision", decision: { retry: work.attempt, model: modelId } });
}

/** What became of a call that was still under way when its run ended. */
function givenUp(nowMs: number): CallOutcome {
  return {
    kind: "failed",
    failure: runFailure("cancelled", { class: "cancelled", message: "The run ended before this call did." }),
    modelId: null,
    providerId: null,
    usage: null,
    costUsd: null,
    finishedAtMs: nowMs,
  };
}
