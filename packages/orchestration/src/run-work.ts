import type { CallFailure, RunCall, RunEvent, RunOutcome } from "@tokenhub/contracts";
import { z } from "zod";
import type { AdvanceQuestion } from "./advance-question.ts";
import { runFailure } from "./run-failure.ts";
import type { Artefacts, RunView } from "./run-mode.ts";
import { viewOf } from "./run-view.ts";

/** One look, in the making. */
export interface Work {
  readonly question: AdvanceQuestion;
  attempt: number;
  calls: RunCall[];
  pastCalls: RunCall[];
  outcome: RunOutcome | null;
  finishedAtMs: number | null;
  isChanged: boolean;
  readonly events: RunEvent[];
  readonly submit: RunCall[];
  /** Model for the calls that a retry repeats, by call id. */
  readonly repeats: Map<string, string>;
}

/** Nothing has happened yet. */
export function begin(question: AdvanceQuestion): Work {
  const { attempt, calls, pastCalls, outcome, finishedAtMs } = question.state;
  return {
    question,
    attempt,
    calls: [...calls],
    pastCalls: [...pastCalls],
    outcome,
    finishedAtMs,
    isChanged: false,
    events: [],
    submit: [],
    repeats: new Map(),
  };
}

type Untimed<Event> = Event extends unknown ? Omit<Event, "atMs"> : never;

/** For those who follow the run. */
export function tell(work: Work, event: Untimed<RunEvent>): void {
  work.events.push({ ...event, atMs: work.question.nowMs });
}

/** The run as its mode sees it now. */
export function viewOfWork(work: Work): RunView {
  return viewOf(work.question.input.settings, work);
}

/** What a run that does not end by its mode's own word has to show. */
export function partialArtefacts(work: Work): Artefacts {
  try {
    const shown = artefactsSchema.safeParse(work.question.mode.artefacts?.(viewOfWork(work)));
    return shown.success ? shown.data : {};
  } catch {
    // A mode of the operator's own that cannot show a part of its work costs nobody the end of the run.
    return {};
  }
}

/** What can be stored and shown. */
export const artefactsSchema = z.record(z.string(), z.json());

/** Ends the run. */
export function end(work: Work, outcome: RunOutcome): void {
  work.outcome = outcome;
  work.finishedAtMs = work.question.nowMs;
  work.isChanged = true;
  tell(work, { type: "done", outcome });
}

/** Fails a run whose mode does what it must not; `what` completes a sentence about the mode. */
export function fault(work: Work, what: string): void {
  const { name, version } = work.question.mode;
  const message = `The orchestration mode \`${name}\` (version ${version}) is at fault: ${what}.`;
  failRun(work, runFailure("internal_error", { class: "fatal", message }));
}

/** Fails a run for a reason that is no call's. */
export function failRun(work: Work, failure: CallFailure): void {
  end(work, { kind: "failed", callId: null, failure, artefacts: partialArtefacts(work) });
}
