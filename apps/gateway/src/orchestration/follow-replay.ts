import type { RunCall, RunEvent, RunInput, RunState } from "@tokenhub/contracts";
import { reportOf } from "@tokenhub/orchestration";
import { encodeCursor } from "./follow-cursor.ts";
import { presentRunEvent, type FollowedEvent } from "./follow-events.ts";

/** The id of a `done` that was told from the books: nothing comes behind it. No run has so many events. */
const endOfBooks = encodeCursor({ eventNumber: 999_999_999, toldByStart: new Map() });

/** Whether an id is that of such a `done`. */
export function isEndOfBooks(cursor: string): boolean {
  return cursor === endOfBooks;
}

/**
 * What a run told, from the books, once its log is no longer kept: the phases in the order of their times, each with its
 * whole text. Its events have no place of their own, as places are those of the log.
 */
export function replayRun(state: RunState): FollowedEvent[] {
  const told = [...state.pastCalls, ...state.calls].flatMap(eventsOf);
  return told.toSorted((left, right) => left.atMs - right.atMs).flatMap(({ events }) => events);
}

/** The last event of a run that is over, from its state; null for one that is not. */
export function endOfRun(input: RunInput, state: RunState): FollowedEvent | null {
  if (state.outcome === null) return null;
  return {
    id: endOfBooks,
    type: "done",
    data: { status: state.outcome.kind, at_ms: state.finishedAtMs, report: reportOf(input, state) },
  };
}

interface ToldAt {
  readonly atMs: number;
  readonly events: readonly FollowedEvent[];
}

function eventsOf(call: RunCall): ToldAt[] {
  const { spec, attempt, requestId, startedAtMs, outcome } = call;
  const about = { callId: spec.callId, phase: spec.phase, role: spec.role, attempt, requestId };
  const started: ToldAt = {
    atMs: startedAtMs,
    events: [withoutPlace({ type: "phase_started", atMs: startedAtMs, ...about })],
  };
  if (outcome === null) return [started];
  const text = outcome.kind === "answered" ? outcome.text : "";
  const delta: FollowedEvent = {
    id: null,
    type: "delta",
    data: { call_id: spec.callId, phase: spec.phase, request_id: requestId, text },
  };
  const { finishedAtMs } = outcome;
  const finished = withoutPlace({ type: "phase_finished", atMs: finishedAtMs, ...about, outcome });
  return [started, { atMs: finishedAtMs, events: text === "" ? [finished] : [delta, finished] }];
}

function withoutPlace(event: Exclude<RunEvent, { type: "done" }>): FollowedEvent {
  return { id: null, ...presentRunEvent(event) };
}
