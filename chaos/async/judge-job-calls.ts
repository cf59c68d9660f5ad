import type { Disruption, SeenCall } from "../orchestration/judge-calls.ts";
import type { JobFacts } from "./job-facts.ts";

/** A disruption, and what of the product it may cost. */
export interface Trouble extends Disruption {
  /**
   * `call`: calls that were under way. `result`: also results that were not in the database yet. `nothing`: no call at all,
   * since whoever takes over finds what was done.
   */
  readonly costs: "call" | "result" | "nothing";
}

interface ExtraCall {
  readonly jobId: string;
  readonly requestId: string;
  readonly startedAtMs: number;
  /** The trouble that explains it; null: none does. */
  readonly cause: string | null;
}

export interface JobCallVerdict {
  readonly calls: number;
  /** Calls beyond one for each job. */
  readonly extras: readonly ExtraCall[];
  /** Calls that began after the end of their job was in the database. */
  readonly repeatsAfterCommit: readonly ExtraCall[];
  /** Calls that a process had begun before it was paused, and made when it woke: nobody can take those back. */
  readonly lateCalls: readonly ExtraCall[];
  /** Calls of requests that no job knows of. */
  readonly strangers: readonly SeenCall[];
  /** Jobs that succeeded although nobody called a provider for them. */
  readonly uncalled: readonly string[];
}

/** From the answer's last byte to its result in Redis; generous, for machines that are busy dying. */
const commitMarginMs = 2_000;

/** Holds every call that the provider saw against the jobs: one for each, and what is beyond that needs a trouble to blame. */
export function judgeJobCalls({
  seen,
  jobs,
  troubles,
}: {
  readonly seen: readonly SeenCall[];
  readonly jobs: readonly Pick<JobFacts, "id" | "state" | "finishedAtMs">[];
  readonly troubles: readonly Trouble[];
}): JobCallVerdict {
  const byDigits = new Map(jobs.map((job) => [digitsOf(job.id), job]));
  const callsByJob = Map.groupBy(seen, ({ requestId }) => byDigits.get(digitsOf(requestId)));
  const extras: ExtraCall[] = [];
  const repeats: ExtraCall[] = [];
  const lateCalls: ExtraCall[] = [];
  for (const [job, calls] of callsByJob) {
    if (job === undefined) continue;
    const inOrder = calls.toSorted((left, right) => left.startedAtMs - right.startedAtMs);
    const extraOf = (call: SeenCall, cause: string | null): ExtraCall => ({
      jobId: job.id,
      requestId: call.requestId,
      startedAtMs: call.startedAtMs,
      cause,
    });
    for (const call of inOrder.slice(0, -1))
      extras.push(extraOf(call, causeOf(call, { finishedAtMs: job.finishedAtMs, troubles })));
    for (const call of inOrder) {
      if (job.finishedAtMs === null || call.startedAtMs <= job.finishedAtMs) continue;
      const wake = inOrder.length > 1 ? wakeBefore(call, troubles) : null;
      (wake === null ? repeats : lateCalls).push(extraOf(call, wake));
    }
  }
  return {
    calls: seen.length,
    extras,
    repeatsAfterCommit: repeats,
    lateCalls,
    strangers: callsByJob.get(undefined) ?? [],
    uncalled: jobs.flatMap((job) => (job.state === "succeeded" && !callsByJob.has(job) ? [job.id] : [])),
  };
}

function causeOf(
  call: SeenCall,
  { finishedAtMs, troubles }: { readonly finishedAtMs: number | null; readonly troubles: readonly Trouble[] },
): string | null {
  const answeredAtMs = (call.finishedAtMs ?? call.startedAtMs) + commitMarginMs;
  const endsAtMs = {
    nothing: Number.NEGATIVE_INFINITY,
    call: answeredAtMs,
    result: Math.max(answeredAtMs, finishedAtMs ?? Number.POSITIVE_INFINITY),
  };
  const cause = troubles.find(
    ({ fromMs, untilMs, costs }) => fromMs <= endsAtMs[costs] && untilMs >= call.startedAtMs,
  );
  return cause?.what ?? null;
}

/** From the end of a pause to the calls that were held up by it; the pause is noted a moment after its end. */
const wakeMarginMs = 500;

function wakeBefore({ startedAtMs }: SeenCall, troubles: readonly Trouble[]): string | null {
  const pause = troubles.find(
    ({ what, costs, untilMs }) =>
      costs === "call" && what.includes(" paused ") && Math.abs(startedAtMs - untilMs) <= wakeMarginMs,
  );
  return pause?.what ?? null;
}

/** What the ids of a job and of the requests of all its attempts have in common. */
function digitsOf(id: string): string {
  return /_([0-9a-f]+)/.exec(id)?.[1] ?? id;
}
