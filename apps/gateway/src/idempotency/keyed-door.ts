import { readPreferences } from "../http/read-preferences.ts";
import { requestIdOf } from "../http/assign-request-id.ts";
import type { JobAcceptor } from "../jobs/accept-job.ts";
import { answerJob, type ArrivedGeneration, type JobDoor } from "../jobs/job-door.ts";
import { digitsOf } from "../jobs/job-ids.ts";
import { defaultTerms, type JobTerms } from "../jobs/job-terms.ts";
import { keptHeaders } from "../jobs/kept-headers.ts";
import type { InFlightGate } from "../sync/in-flight-gate.ts";
import { answerKeyedJob, type AnswerKeyedJobDeps } from "./answer-keyed-job.ts";
import type { KeyedJobs } from "./keyed-jobs.ts";
import { readIdempotencyKey } from "./read-idempotency-key.ts";

export interface KeyedDoorDeps extends AnswerKeyedJobDeps {
  /** For requests without a key. */
  readonly door: JobDoor;
  readonly keyed: KeyedJobs;
  readonly acceptor: JobAcceptor;
  readonly gate: Pick<InFlightGate, "enter">;
  readonly syncWaitMs: number;
  /** How long a request goes on when its caller's wait is over. */
  readonly afterWaitMs: number;
  readonly now: () => number;
}

/** Makes a job of every generation with an Idempotency-Key, so that sending it again leads to the same job and its answer. */
export function createKeyedDoor(deps: KeyedDoorDeps): JobDoor {
  const { door, keyed, gate, acceptor, syncWaitMs } = deps;
  return {
    async tookOver(arrived) {
      const { call, request, response, waitMs, endpoint, caller, bodyText, cost } = arrived;
      const key = call === null ? readIdempotencyKey(request.headers) : null;
      if (key === null) return door.tookOver(arrived);
      const preferences = readPreferences(request.headers);
      using _place = preferences.respondAsync ? null : gate.enter();
      const terms = termsOf(deps, arrived, preferences.respondAsync);
      const headers = keptHeaders(request.headers);
      const { jobId } = await keyed.findOrBegin(arrived, key, (insert) =>
        acceptor.accept({ endpoint, caller, bodyText, cost, headers, terms, insert }),
      );
      if (preferences.respondAsync) {
        response.setHeader("preference-applied", "respond-async");
        await answerJob(deps, { response, jobId, waitMs: Math.min(preferences.waitMs ?? 0, syncWaitMs) });
      } else await answerKeyedJob(deps, { response, jobId, isStream: cost.features.stream, waitMs });
      return true;
    },
    outlive: (arrived) => door.outlive(arrived),
  };
}

/** A caller who waits goes first, and may come back for the answer for a while. */
function termsOf(
  { now, afterWaitMs }: KeyedDoorDeps,
  { response, waitMs }: ArrivedGeneration,
  respondAsync: boolean,
): JobTerms {
  const digits = digitsOf(requestIdOf(response));
  return respondAsync
    ? { ...defaultTerms, origin: "prefer", digits }
    : {
        ...defaultTerms,
        origin: "idempotency",
        lane: "interactive",
        deadlineAtMs: now() + waitMs + afterWaitMs,
        digits,
      };
}
