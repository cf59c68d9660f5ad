import type { RunCall, RunEvent, RunInput, RunOutcome, RunState } from "@tokenhub/contracts";
import type { RequestLogSummary } from "@tokenhub/persistence";

/** What the request log adds to a call: why its model was chosen, and how much of its time was spent waiting. */
export type LoggedCall = Pick<
  RequestLogSummary,
  "requestId" | "strategy" | "routingMode" | "attemptCount"
> & {
  /** Of the router's decision; null when it made none. */
  readonly reason: string | null;
  /** Milliseconds of calls to providers, failed ones included. */
  readonly callsMs: number;
  readonly durationMs: number;
};

export interface TimelineSources {
  readonly input: RunInput;
  readonly state: RunState;
  /** What the run has told, as far as it is still kept. */
  readonly events: readonly RunEvent[];
  /** By request id; calls that are not recorded yet are absent. */
  readonly logged: ReadonlyMap<string, LoggedCall>;
  readonly nowMs: number;
}

interface Retried {
  readonly type: "retried";
  readonly atMs: number;
  readonly attempt: number;
}

export type TimelineEntry =
  | { readonly type: "accepted"; readonly atMs: number }
  /** The run was taken up again after its end. */
  | Retried
  | { readonly type: "phase_started"; readonly atMs: number; readonly call: RunCall }
  | {
      readonly type: "phase_finished";
      readonly atMs: number;
      readonly call: RunCall;
      readonly outcome: NonNullable<RunCall["outcome"]>;
      readonly logged: LoggedCall | null;
    }
  /** No call was under way: the time between phases. */
  | { readonly type: "wait"; readonly atMs: number; readonly durationMs: number }
  | {
      readonly type: "decision";
      readonly atMs: number;
      readonly decision: Extract<RunEvent, { type: "decision" }>["decision"];
    }
  | { readonly type: "done"; readonly atMs: number; readonly outcome: RunOutcome };

/** Of what happens in the same millisecond, the cause first. */
const order: Readonly<Record<TimelineEntry["type"], number>> = {
  accepted: 0,
  retried: 1,
  phase_finished: 2,
  decision: 3,
  wait: 4,
  phase_started: 5,
  done: 6,
};

/**
 * Everything that happened to a run in the order of time. Calls come from its state, which keeps those of all attempts;
 * decisions and the ends of earlier attempts from what it told, which is kept for an hour after its end.
 */
export function timelineOf(sources: TimelineSources): TimelineEntry[] {
  const { input, state, events } = sources;
  const calls = callsOf(state);
  const entries: TimelineEntry[] = [
    { type: "accepted", atMs: input.acceptedAtMs },
    ...retriesOf(sources),
    ...calls.flatMap((call) => entriesOfCall(call, sources)),
    ...waitsOf(sources),
    ...events.flatMap((event): TimelineEntry[] => (isDecision(event) ? [event] : [])),
    ...endsOf(state, events),
  ];
  return entries.toSorted((left, right) => left.atMs - right.atMs || order[left.type] - order[right.type]);
}

/** That a run was taken up again is told as a decision too, and has an entry of its own. */
function isDecision(event: RunEvent): event is Extract<RunEvent, { type: "decision" }> {
  return event.type === "decision" && typeof event.decision["retry"] !== "number";
}

function callsOf({ calls, pastCalls }: RunState): RunCall[] {
  return [...pastCalls, ...calls].toSorted((left, right) => left.startedAtMs - right.startedAtMs);
}

function entriesOfCall(call: RunCall, { logged }: TimelineSources): TimelineEntry[] {
  const { outcome, startedAtMs, requestId } = call;
  const started: TimelineEntry = { type: "phase_started", atMs: startedAtMs, call };
  if (outcome === null) return [started];
  const record = logged.get(requestId) ?? null;
  return [started, { type: "phase_finished", atMs: outcome.finishedAtMs, call, outcome, logged: record }];
}

/** As the run has told; when that is not kept any more, as far as calls that were begun again show it. */
function retriesOf({ state, events }: TimelineSources): Retried[] {
  const told = events.flatMap((event): Retried[] => {
    const attempt = event.type === "decision" ? event.decision["retry"] : undefined;
    return typeof attempt === "number" ? [{ type: "retried", atMs: event.atMs, attempt }] : [];
  });
  if (told.length > 0) return told;
  const times = callsOf(state).flatMap(({ attempt, startedAtMs }) => (attempt > 1 ? [startedAtMs] : []));
  return [...new Set(times)].map((atMs, index) => ({ type: "retried", atMs, attempt: index + 2 }));
}

/**
 * The spans without a call, from acceptance to the end or to now. A run that has ended waits for nothing, until it is
 * taken up again.
 */
function waitsOf(sources: TimelineSources): TimelineEntry[] {
  const { input, state, nowMs } = sources;
  const endMs = state.finishedAtMs ?? nowMs;
  const waits: TimelineEntry[] = [];
  let coveredUntilMs = input.acceptedAtMs;
  const note = (untilMs: number): void => {
    const durationMs = untilMs - coveredUntilMs;
    if (durationMs > 0) waits.push({ type: "wait", atMs: coveredUntilMs, durationMs });
  };
  for (const step of [...retriesOf(sources), ...callsOf(state)].toSorted(bySpanStart)) {
    if ("type" in step) {
      const ended = endBefore(sources, step.atMs);
      if (ended !== null) note(ended);
      coveredUntilMs = Math.max(coveredUntilMs, step.atMs);
    } else {
      note(step.startedAtMs);
      // A call that was given up with its run has no end of its own.
      coveredUntilMs = Math.max(coveredUntilMs, step.outcome?.finishedAtMs ?? endMs);
    }
  }
  note(endMs);
  return waits;
}

/** Retries before the calls they begin. */
function bySpanStart(left: Retried | RunCall, right: Retried | RunCall): number {
  const startOf = (step: Retried | RunCall): number => ("type" in step ? step.atMs : step.startedAtMs);
  return startOf(left) - startOf(right) || Number("type" in right) - Number("type" in left);
}

/** When the run ended for the last time before it was taken up again; null when that is not kept any more. */
function endBefore({ events }: TimelineSources, retriedAtMs: number): number | null {
  return events.findLast(({ type, atMs }) => type === "done" && atMs <= retriedAtMs)?.atMs ?? null;
}

function endsOf({ outcome, finishedAtMs }: RunState, events: readonly RunEvent[]): TimelineEntry[] {
  const told = events.flatMap((event): TimelineEntry[] => (event.type === "done" ? [event] : []));
  if (outcome === null || finishedAtMs === null) return told;
  const isTold = told.some(({ atMs }) => atMs === finishedAtMs);
  return isTold ? told : [...told, { type: "done", atMs: finishedAtMs, outcome }];
}
