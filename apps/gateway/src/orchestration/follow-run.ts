import type { Keyspace, RunEvent, RunInput, RunState } from "@tokenhub/contracts";
import { reportOf } from "@tokenhub/orchestration";
import type { Redis } from "ioredis";
import { setTimeout as sleep } from "node:timers/promises";
import { createCallText, type CallText } from "./follow-call-text.ts";
import type { RunChannels } from "./follow-channels.ts";
import { encodeCursor, startOfRun, strangeCursor, type FollowCursor } from "./follow-cursor.ts";
import { presentRunEvent, type FollowedEvent } from "./follow-events.ts";
import { createNewsBox } from "./follow-news.ts";

/** What following needs of the store of runs. */
export interface FollowedRuns {
  load(
    runId: string,
    options: { readonly withInput: boolean },
  ): Promise<{ readonly state: RunState; readonly input: RunInput | null } | null>;
  readEvents(
    runId: string,
    afterNumber: number,
    limit: number,
  ): Promise<readonly { readonly number: number; readonly event: RunEvent }[]>;
}

export interface FollowDeps {
  readonly runs: FollowedRuns;
  readonly channels: RunChannels;
  /** Reads the stream logs. */
  readonly reader: Pick<Redis, "xrange">;
  readonly keyspace: Pick<Keyspace, "streamLog">;
  /** How often a quiet follower looks into the logs, in case news was lost. Default 1 s. */
  readonly pollIntervalMs?: number;
}

export interface Following {
  readonly runId: string;
  /** Default: from the start. */
  readonly after?: FollowCursor;
  readonly signal: AbortSignal;
}

/** A call that has begun and has not ended yet, as far as this follower has come. */
interface OpenCall {
  /** Number of the event that began it. */
  readonly startNumber: number;
  readonly callId: string;
  readonly phase: string;
  readonly requestId: string;
  readonly text: CallText;
  nextSequence: number;
  /** Log id of the newest frame read from the log. */
  logId: string;
  /** Characters folded so far, and how many of them the follower has. */
  foldedChars: number;
  toldChars: number;
}

const eventsPerRead = 100;
const framesPerRead = 64;
const defaultPollIntervalMs = 1_000;
/** A subscription that takes longer is not waited for: polling covers what it would have brought. */
const joinLimitMs = 1_000;
/** Quiet polls after which the run itself is looked at: a Redis that lost it will bring no more news. */
const quietPollsBeforeLook = 5;

/**
 * What a run has told and tells until its end, in pieces of some events; the consumer's pace is the follower's, so that a
 * slow one holds one piece. Every event's id is the place behind it: whoever follows from there gets exactly the rest,
 * with the same text, although texts of calls that run side by side may be cut and mixed differently. The texts of a call
 * lie between its `phase_started` and its `phase_finished` and add up to its output.
 *
 * Ends after `done`, when the signal aborts, or when the store has nothing more to tell of the run although it has not
 * told its end (`gone`).
 * @throws TokenHubError `invalid_request` for a cursor of another run; Redis errors as they are, after which another
 * generator may go on from the last id.
 */
export async function* followRun(
  deps: FollowDeps,
  { runId, after = startOfRun, signal }: Following,
): AsyncGenerator<readonly FollowedEvent[], "done" | "aborted" | "gone"> {
  const { runs, reader, keyspace, pollIntervalMs = defaultPollIntervalMs } = deps;
  const news = createNewsBox();
  using membership = deps.channels.join(runId, news);
  await Promise.race([membership.joined, sleep(joinLimitMs, undefined, { ref: false })]);

  const open = new Map<string, OpenCall>();
  let eventNumber = 0;
  let quietPolls = 0;
  const isBeforeStart = (): boolean => eventNumber < after.eventNumber;
  const isSilent = (): boolean => eventNumber <= after.eventNumber;

  const place = (): string =>
    encodeCursor({
      eventNumber,
      toldByStart: new Map([...open.values()].map((call) => [call.startNumber, call.toldChars])),
    });

  /** Folds one frame to the event that tells it; null when it holds no text that the follower lacks. */
  function deltaOf(call: OpenCall, frame: string): FollowedEvent | null {
    const text = call.text.push(frame);
    call.foldedChars += text.length;
    return tell(call, text.slice(Math.max(0, text.length - (call.foldedChars - call.toldChars))));
  }

  function tell(call: OpenCall, text: string): FollowedEvent | null {
    if (text === "") return null;
    call.toldChars += text.length;
    return {
      id: place(),
      type: "delta",
      data: { call_id: call.callId, phase: call.phase, request_id: call.requestId, text },
    };
  }

  /** The events of the frames that the log holds beyond those known. */
  async function* readLog(call: OpenCall): AsyncGenerator<FollowedEvent[]> {
    const log = keyspace.streamLog(call.requestId);
    for (;;) {
      const rows = await reader.xrange(log, `(${call.logId}`, "+", "COUNT", framesPerRead);
      const events: FollowedEvent[] = [];
      for (const [logId, fields] of rows) {
        call.logId = logId;
        if (Number(fields[1]) !== call.nextSequence) continue;
        call.nextSequence += 1;
        const delta = deltaOf(call, fields[3] ?? "");
        if (delta !== null) events.push(delta);
      }
      if (events.length > 0) yield events;
      if (rows.length < framesPerRead) return;
    }
  }

  /** The events of frames that were announced; null when one is missing before them. */
  function heardDeltas(call: OpenCall): FollowedEvent[] | null {
    const frames = news.takeFrames(call.requestId);
    if (frames === null) return null;
    const events: FollowedEvent[] = [];
    for (const { sequence, text } of frames) {
      if (sequence < call.nextSequence) continue;
      if (sequence > call.nextSequence) {
        news.markAll([call.requestId]);
        return events;
      }
      call.nextSequence += 1;
      const delta = deltaOf(call, text);
      if (delta !== null) events.push(delta);
    }
    return events;
  }

  async function* handle(number: number, event: RunEvent): AsyncGenerator<FollowedEvent[], boolean> {
    if (event.type === "phase_started") {
      eventNumber = number;
      open.set(event.requestId, openCall(number, event));
    } else if (event.type === "phase_finished") {
      const call = open.get(event.requestId);
      // Of calls that had ended before the follower's place, nothing is read.
      if (call !== undefined && number > after.eventNumber) {
        yield* readLog(call);
        const rest = restOf(call, event);
        if (rest !== null) yield [rest];
      }
      eventNumber = number;
      open.delete(event.requestId);
      news.forget(event.requestId);
    } else eventNumber = number;
    if (event.type === "done") {
      const { isLast, data } = await endOf(number, event);
      if (!isSilent()) yield [{ id: place(), type: isLast ? "done" : "retried", data }];
      return isLast;
    }
    if (!isSilent()) yield [{ id: place(), ...presentRunEvent(event) }];
    return false;
  }

  function openCall(number: number, event: Extract<RunEvent, { type: "phase_started" }>): OpenCall {
    const { callId, phase, requestId } = event;
    news.markAll([requestId]);
    return {
      startNumber: number,
      callId,
      phase,
      requestId,
      text: createCallText(),
      nextSequence: 0,
      logId: "0",
      foldedChars: 0,
      toldChars: number <= after.eventNumber ? (after.toldByStart.get(number) ?? 0) : 0,
    };
  }

  /** What the log does not hold: of calls that did not stream, of answers without a log, of logs that have run out. */
  function restOf(
    call: OpenCall,
    { outcome }: Extract<RunEvent, { type: "phase_finished" }>,
  ): FollowedEvent | null {
    return outcome.kind === "answered" ? tell(call, outcome.text.slice(call.toldChars)) : null;
  }

  /** A run that failed can be retried, so an end is the last one only while nothing follows it. */
  async function endOf(number: number, event: Extract<RunEvent, { type: "done" }>) {
    const run = await runs.load(runId, { withInput: true });
    const more = await runs.readEvents(runId, number, 1);
    if (run === null || run.input === null || (run.state.outcome !== null && more.length === 0))
      return {
        isLast: true,
        data: {
          status: event.outcome.kind,
          at_ms: event.atMs,
          report: run === null || run.input === null ? null : reportOf(run.input, run.state),
        },
      };
    const { outcome } = event;
    const error =
      outcome.kind === "failed" ? { code: outcome.failure.code, message: outcome.failure.message } : null;
    return { isLast: false, data: { status: outcome.kind, at_ms: event.atMs, error } };
  }

  /** No event will come any more: the store has lost the run, or its end without the event that tells it. */
  async function hasLeft(): Promise<boolean> {
    const run = await runs.load(runId, { withInput: false });
    if (run === null) return true;
    return run.state.outcome !== null && (await runs.readEvents(runId, eventNumber, 1)).length === 0;
  }

  while (!signal.aborted) {
    if (news.takeEventsMark()) {
      for (;;) {
        const rows = await runs.readEvents(runId, eventNumber, eventsPerRead);
        for (const { number, event } of rows) {
          quietPolls = 0;
          if (yield* handle(number, event)) return "done";
        }
        if (rows.length < eventsPerRead) break;
      }
      if (isBeforeStart()) {
        if ((await runs.load(runId, { withInput: false })) === null) return "gone";
        throw strangeCursor();
      }
    }
    for (const call of open.values()) {
      const heard = heardDeltas(call);
      if (heard === null) yield* readLog(call);
      else if (heard.length > 0) yield heard;
    }
    news.forgetAllBut(open);
    if ((await news.wait({ timeoutMs: pollIntervalMs, signal })) === "news") continue;
    news.markAll(open.keys());
    quietPolls += 1;
    if (quietPolls % quietPollsBeforeLook === 0 && (await hasLeft())) return "gone";
  }
  return "aborted";
}
