import type { Admission } from "../admission/admission.ts";
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
  readonly admission: Pick<Admission, "takePlace">;
  readonly syncWaitMs: number;
  /** How long a request goes on when its caller's wait is over. */
  readonly afterWaitMs: number;
  readonly now: () => number;
}

/** Makes a job of every generation with an Idempotency-Key, so that sending it again leads to the same job and its answer. */
export function createKeyedDoor(deps: KeyedDoorDeps): JobDoor {
  const { door } = deps;
  return {
    async tookOver(arrived) {
      const key = arrived.call === null ? readIdempotencyKey(arrived.request.headers) : null;
      if (key === null) return door.tookOver(arrived);
      const { respondAsync, waitMs } = readPreferences(arrived.request.headers);
      if (respondAsync) await tellOfJob(deps, { arrived, key }, Math.min(waitMs ?? 0, deps.syncWaitMs));
      else await waitForAnswer(deps, { arrived, key });
      return true;
    },
    outlive: (arrived) => door.outlive(arrived),
  };
}

interface KeyedRequest {
  readonly arrived: ArrivedGeneration;
  readonly key: string;
}

async function tellOfJob(deps: KeyedDoorDeps, keyed: KeyedRequest, waitMs: number): Promise<void> {
  const { response } = keyed.arrived;
  const digits = digitsOf(requestIdOf(response));
  const jobId = await findOrAccept(deps, keyed, { ...defaultTerms, origin: "prefer", digits });
  response.setHeader("preference-applied", "respond-async");
  await answerJob(deps, { response, jobId, waitMs });
}

/** Who waits goes first, takes a place among its caller's requests, and may come back for the answer for a while. */
async function waitForAnswer(deps: KeyedDoorDeps, keyed: KeyedRequest): Promise<void> {
  const { response, caller, waitMs, cost } = keyed.arrived;
  const requestId = requestIdOf(response);
  using _entry = deps.gate.enter();
  const place = await deps.admission.takePlace(caller, requestId);
  try {
    const jobId = await findOrAccept(deps, keyed, {
      ...defaultTerms,
      origin: "idempotency",
      lane: "interactive",
      deadlineAtMs: deps.now() + waitMs + deps.afterWaitMs,
      digits: digitsOf(requestId),
    });
    await answerKeyedJob(deps, { response, jobId, isStream: cost.features.stream, waitMs });
  } finally {
    place?.free();
  }
}

async function findOrAccept(
  { keyed, acceptor }: KeyedDoorDeps,
  { arrived, key }: KeyedRequest,
  terms: JobTerms,
): Promise<string> {
  const { request, endpoint, caller, bodyText, cost } = arrived;
  const headers = keptHeaders(request.headers);
  const { jobId } = await keyed.findOrBegin(arrived, key, (insert) =>
    acceptor.accept({ endpoint, caller, bodyText, cost, headers, terms, insert }),
  );
  return jobId;
}
