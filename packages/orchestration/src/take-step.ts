import {
  runOutcomeSchema,
  type CallFailure,
  type CallSpec,
  type RunCall,
  type RunOutcome,
} from "@tokenhub/contracts";
import { checkCalls } from "./check-calls.ts";
import { knownCostUsd } from "./known-cost.ts";
import { runFailure } from "./run-failure.ts";
import type { RunStep, RunView } from "./run-mode.ts";
import { outstandingCalls } from "./run-state.ts";
import { artefactsSchema, end, failRun, fault, tell, viewOfWork, type Work } from "./run-work.ts";

/** Asks the mode of a run that is not over what follows, and does it. */
export function takeStep(work: Work): void {
  const view = viewOfWork(work);
  const step = nextStep(work, view);
  if (typeof step === "string") return fault(work, step);
  switch (step.kind) {
    case "calls":
      return beginCalls(work, { step, view });
    case "wait":
      return outstandingCalls(work).length === 0
        ? fault(work, "it waits while no call is under way")
        : undefined;
    case "fail":
      return endAsAsked(work, { ...step, kind: "failed" });
    case "finish":
      return finish(work, step);
  }
}

/** What the mode wants, or what is wrong with it. */
function nextStep(work: Work, view: RunView): RunStep | string {
  try {
    const step = work.question.mode.next(view);
    return stepKinds.has(step?.kind) ? step : "it gave no step";
  } catch {
    // Said to the caller by `fault`; the error's own text may hold anything.
    return "it threw an error";
  }
}

const stepKinds: ReadonlySet<unknown> = new Set<RunStep["kind"]>(["calls", "wait", "finish", "fail"]);

function finish(work: Work, step: Extract<RunStep, { kind: "finish" }>): void {
  const final = viewOfWork(work).answers.get(step.callId);
  if (final?.kind !== "answered") return fault(work, "the call it names as final has no answer");
  const { callId, reason, artefacts, decision } = step;
  const outcome: RunOutcome = {
    kind: "succeeded",
    text: step.text ?? final.text,
    toolCalls: final.toolCalls,
    callId,
    reason,
    artefacts,
  };
  if (!/^[ -~]{1,200}$/.test(reason)) return fault(work, "the reason it gives is no short line of ASCII");
  if (decision !== undefined) {
    if (!artefactsSchema.safeParse(decision).success) return fault(work, "the decision it gives is no JSON");
    tell(work, { type: "decision", decision });
  }
  endAsAsked(work, outcome);
}

/** Ends the run as the mode says, when what it says can be stored. */
function endAsAsked(work: Work, outcome: RunOutcome): void {
  const checked = runOutcomeSchema.safeParse(outcome);
  if (checked.success) end(work, checked.data);
  else fault(work, `the end it gives is malformed at \`${checked.error.issues[0]?.path.join(".") ?? ""}\``);
}

function beginCalls(
  work: Work,
  { step, view }: { readonly step: Extract<RunStep, { kind: "calls" }>; readonly view: RunView },
): void {
  const { mode, input } = work.question;
  const checked = checkCalls(step, { mode, input, view });
  if (checked.kind === "fault") return fault(work, checked.fault);
  if (checked.fresh.length === 0)
    return outstandingCalls(work).length === 0 ? fault(work, "it asks for no new call") : undefined;
  const refusal = refuseCalls(work);
  if (refusal !== null) return failRun(work, refusal);
  for (const spec of checked.fresh) beginCall(work, spec);
}

/** Why no further call may begin; null: it may. */
function refuseCalls(work: Work): CallFailure | null {
  const { input, nowMs } = work.question;
  const spentUsd = knownCostUsd(work);
  if (input.maxCostUsd !== null && spentUsd > 0 && spentUsd >= input.maxCostUsd)
    return runFailure("budget_exceeded", {
      class: "bad_request",
      message: `The orchestration has cost ${spentUsd.toFixed(6)} USD of the ${input.maxCostUsd} USD it may cost; no further call was made. Raise the budget or ask for fewer iterations.`,
    });
  if (work.attempt === 1 && nowMs >= input.deadlineAtMs)
    return runFailure("deadline_exceeded", {
      class: "deadline",
      message:
        "The orchestration ran out of time before its next call. Allow more time or ask for fewer iterations.",
    });
  return null;
}

function beginCall(work: Work, wanted: CallSpec): void {
  const call = newCall(work, repeated(wanted, work.repeats.get(wanted.callId)));
  work.calls.push(call);
  submit(work, call);
}

/** Puts a new attempt in the place of a call that has ended. */
export function repeatCall(work: Work, index: number): void {
  const ended = work.calls[index];
  if (ended === undefined) return;
  work.pastCalls.push(ended);
  // The same whichever of several calls was heard of first.
  work.pastCalls.sort((left, right) => orderOf(left).localeCompare(orderOf(right)));
  const call = newCall(work, ended.spec);
  work.calls[index] = call;
  submit(work, call);
}

function orderOf({ spec, attempt }: RunCall): string {
  return `${String(attempt).padStart(3, "0")} ${spec.callId}`;
}

function newCall(work: Work, spec: CallSpec): RunCall {
  const { input, nowMs, callRequestId } = work.question;
  const { callId } = spec;
  const attempt = work.pastCalls.reduce(
    (next, past) => (past.spec.callId === callId ? Math.max(next, past.attempt + 1) : next),
    1,
  );
  const requestId = callRequestId(input.runId, callId, attempt);
  return {
    spec,
    attempt,
    requestId,
    startedAtMs: nowMs,
    deadlineAtMs: deadlineOf(work),
    outcome: null,
  };
}

function submit(work: Work, call: RunCall): void {
  const { spec, attempt, requestId } = call;
  const { callId, phase, role } = spec;
  work.submit.push(call);
  work.isChanged = true;
  tell(work, { type: "phase_started", callId, phase, role, attempt, requestId });
}

function repeated(spec: CallSpec, modelId: string | undefined): CallSpec {
  return modelId === undefined ? spec : { ...spec, model: { ...spec.model, modelId, allowFallback: false } };
}

/** A retry comes when the run's own time may long be over, so that its calls have only theirs. */
function deadlineOf(work: Work): number {
  const { input, nowMs } = work.question;
  const callDeadlineAtMs = nowMs + input.callTimeoutMs;
  return work.attempt === 1 ? Math.min(input.deadlineAtMs, callDeadlineAtMs) : callDeadlineAtMs;
}
