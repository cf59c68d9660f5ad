/** One call as the mock provider saw it. Times are Unix milliseconds. */
export interface SeenCall {
  readonly requestId: string;
  readonly startedAtMs: number;
  /** Null: it was cut off before its answer. */
  readonly finishedAtMs: number | null;
}

/** One call of a run, as the run's report tells it. */
export interface ReportedCall {
  readonly runId: string;
  readonly callId: string;
  readonly requestId: string;
  /** When its result was stored; null: never. */
  readonly finishedAtMs: number | null;
}

/** Something done to a process that may hold a call: a kill, a pause past the lock, or the death of Redis. */
export interface Disruption {
  readonly what: string;
  readonly fromMs: number;
  readonly untilMs: number;
}

interface ExtraCall {
  readonly runId: string;
  readonly callId: string;
  readonly requestId: string;
  readonly startedAtMs: number;
  /** The disruption that the call was in flight at; null: nothing explains it. */
  readonly cause: string | null;
}

export interface CallVerdict {
  readonly calls: number;
  /** Calls with a result. */
  readonly needed: number;
  readonly extras: readonly ExtraCall[];
  /** Calls that began after their result was stored. */
  readonly repeatsAfterCommit: readonly ExtraCall[];
  /** Calls of requests that no run knows of. */
  readonly strangers: readonly SeenCall[];
}

/** From the answer's last byte to its result in the store; generous, for machines that are busy dying. */
const commitMarginMs = 2_000;

/** Holds what the provider saw against what the runs say: every call beyond one per request needs a disruption to blame. */
export function judgeCalls(input: {
  readonly seen: readonly SeenCall[];
  readonly reported: readonly ReportedCall[];
  readonly disruptions: readonly Disruption[];
}): CallVerdict {
  const byRequest = new Map(input.reported.map((call) => [call.requestId, call]));
  const extras: ExtraCall[] = [];
  const repeats: ExtraCall[] = [];
  const strangers: SeenCall[] = [];
  for (const [requestId, calls] of Map.groupBy(input.seen, (call) => call.requestId)) {
    const reported = byRequest.get(requestId);
    if (reported === undefined) {
      strangers.push(...calls);
      continue;
    }
    const { runId, callId } = reported;
    const inOrder = calls.toSorted((left, right) => left.startedAtMs - right.startedAtMs);
    for (const call of inOrder.slice(0, -1)) {
      const cause = causeOf(call, input.disruptions);
      extras.push({ runId, callId, requestId, startedAtMs: call.startedAtMs, cause });
    }
    for (const call of inOrder.slice(1))
      if (reported.finishedAtMs !== null && call.startedAtMs > reported.finishedAtMs)
        repeats.push({ runId, callId, requestId, startedAtMs: call.startedAtMs, cause: null });
  }
  return {
    calls: input.seen.length,
    needed: input.reported.filter(({ finishedAtMs }) => finishedAtMs !== null).length,
    extras,
    repeatsAfterCommit: repeats,
    strangers,
  };
}

function causeOf(call: SeenCall, disruptions: readonly Disruption[]): string | null {
  const endedAtMs = (call.finishedAtMs ?? call.startedAtMs) + commitMarginMs;
  const cause = disruptions.find(({ fromMs, untilMs }) => fromMs <= endedAtMs && untilMs >= call.startedAtMs);
  return cause?.what ?? null;
}
