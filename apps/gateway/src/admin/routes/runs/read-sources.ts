import type { RunEvent } from "@tokenhub/contracts";
import { createRequestLogRepository, type RequestLogEntry } from "@tokenhub/persistence";
import type { FoundRun } from "../../../orchestration/find-run.ts";
import type { RunRouteDeps } from "./run-route-deps.ts";
import type { LoggedCall, TimelineSources } from "./run-timeline.ts";

const eventsPerRead = 500;
/** No run tells more; a bound, so that none can hold the answer up. */
const mostEvents = 10_000;

/** Everything that is known of what happened to a run, from the store and from the books. */
export async function readTimelineSources(deps: RunRouteDeps, run: FoundRun): Promise<TimelineSources> {
  const { input, state } = run;
  return {
    input,
    state,
    events: run.isStored ? await readEvents(deps, input.runId) : [],
    logged: await readLoggedCalls(deps, run),
    nowMs: deps.now(),
  };
}

async function readEvents({ control }: RunRouteDeps, runId: string): Promise<RunEvent[]> {
  const events: RunEvent[] = [];
  for (let after = 0; events.length < mostEvents;) {
    const read = await control.runs.readEvents(runId, after, eventsPerRead);
    events.push(...read.map(({ event }) => event));
    if (read.length < eventsPerRead) break;
    after = read.at(-1)?.number ?? after;
  }
  return events;
}

async function readLoggedCalls(
  { db }: RunRouteDeps,
  { state }: FoundRun,
): Promise<ReadonlyMap<string, LoggedCall>> {
  const log = createRequestLogRepository(db);
  const ended = [...state.pastCalls, ...state.calls].filter(({ outcome }) => outcome !== null);
  const entries = await Promise.all(ended.map(({ requestId }) => log.get(requestId)));
  return new Map(
    entries.flatMap((entry) => (entry === null ? [] : [[entry.requestId, loggedCallOf(entry)] as const])),
  );
}

function loggedCallOf(entry: RequestLogEntry): LoggedCall {
  const { requestId, strategy, routingMode, attemptCount, durationMs, decision, attempts } = entry;
  return {
    requestId,
    strategy,
    routingMode,
    attemptCount,
    durationMs,
    reason: decision?.reason ?? null,
    callsMs: attempts.reduce((sum, attempt) => sum + attempt.durationMs, 0),
  };
}
