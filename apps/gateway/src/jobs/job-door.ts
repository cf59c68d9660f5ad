import { TokenHubError } from "@tokenhub/contracts";
import type { JobRepository, NewJob, StoredJob } from "@tokenhub/persistence";
import type { Request, Response } from "express";
import type { RequestToReserve } from "../admission/admission.ts";
import type { Caller } from "../admission/caller.ts";
import { requestIdOf } from "../http/assign-request-id.ts";
import { readPreferences } from "../http/read-preferences.ts";
import type { JobAcceptor } from "./accept-job.ts";
import type { Acceptance } from "./internal-call.ts";
import { digitsOf } from "./job-ids.ts";
import { defaultTerms } from "./job-terms.ts";
import { hasEnded, type JobWaits } from "./job-waits.ts";
import { keptHeaders } from "./kept-headers.ts";
import { presentJob } from "./present-job.ts";
import { storedJobOfNew } from "./stored-job-of-new.ts";
import { sendKeptAnswer } from "./send-kept-answer.ts";

/** A request for a generation that was found good, and what may be reserved for it. */
export interface ArrivedGeneration {
  readonly endpoint: string;
  readonly request: Request;
  readonly response: Response;
  readonly caller: Caller;
  readonly bodyText: string;
  readonly cost: RequestToReserve;
  /** How long its caller waits, in milliseconds. */
  readonly waitMs: number;
  /** Of a request with an Idempotency-Key: the job it has already, or what writes the new one together with the key. */
  readonly keyed?:
    | { readonly existing: StoredJob }
    | { readonly existing: null; readonly insert: (row: NewJob) => Promise<void> };
}

/** Where generation requests become jobs. */
export interface JobDoor {
  /**
   * Makes a job of a request that is to be one, because its sender says so, and answers it: accepted, or with its answer when
   * that comes within the time the caller waits. False: it is no job.
   * @throws TokenHubError why it cannot be accepted.
   */
  tookOver(arrived: ArrivedGeneration & { readonly call: Acceptance | null }): Promise<boolean>;
  /** Has a request go on whose caller's wait is over, and gives what the caller is told. */
  outlive(arrived: ArrivedGeneration): Promise<TokenHubError>;
}

export interface JobDoorDeps {
  readonly acceptor: JobAcceptor;
  readonly waits: Pick<JobWaits, "untilEnd">;
  readonly jobs: Pick<JobRepository, "answer" | "get">;
  readonly syncWaitMs: number;
}

/** What a caller does well to wait before it asks again, in seconds. */
const pollAfterSeconds = 1;

export function createJobDoor(deps: JobDoorDeps): JobDoor {
  const { acceptor } = deps;
  return {
    async tookOver({ call, ...arrived }) {
      const { request, response } = arrived;
      if (call !== null) {
        if (call.isCheckOnly !== true) {
          const accepted = await acceptor.accept({ ...jobOf(arrived), terms: call.terms });
          call.onAccepted?.(accepted);
        }
        response.status(202).end();
        return true;
      }
      const { respondAsync, waitMs } = readPreferences(request.headers);
      if (!respondAsync) return false;
      const digits = digitsOf(requestIdOf(response));
      const accepted = await acceptor.accept({
        ...jobOf(arrived),
        terms: { ...defaultTerms, origin: "prefer", digits },
      });
      const { id } = accepted;
      response.setHeader("preference-applied", "respond-async");
      if (waitMs !== null && waitMs > 0)
        await answerJob(deps, { response, jobId: id, waitMs: Math.min(waitMs, deps.syncWaitMs) });
      else sendJob(response, storedJobOfNew(accepted));
      return true;
    },
    async outlive(arrived) {
      const { request, response } = arrived;
      const digits = digitsOf(requestIdOf(response));
      const terms = { ...defaultTerms, lane: "interactive", origin: "sync_wait", digits } as const;
      const { id } = await acceptor.accept({ ...jobOf(arrived), terms });
      const location = `/v1/jobs/${id}`;
      if (!response.headersSent) response.setHeader("location", location);
      return new TokenHubError(
        "sync_wait_timeout",
        `No answer came within the time this request may wait. It goes on as job ${id}: GET ${location} gives its answer. Sending the request again would pay for it twice${request.headers["idempotency-key"] === undefined ? "; with an Idempotency-Key it would not" : ""}.`,
      );
    },
  };
}

function jobOf({ endpoint, request, caller, bodyText, cost }: ArrivedGeneration) {
  return { endpoint, caller, bodyText, cost, headers: keptHeaders(request.headers) };
}

/** The job's answer as its own when it comes in time, else the job as it stands. */
export async function answerJob(
  { waits, jobs }: Pick<JobDoorDeps, "waits" | "jobs">,
  {
    response,
    jobId,
    waitMs,
  }: { readonly response: Response; readonly jobId: string; readonly waitMs: number },
): Promise<void> {
  const leaving = new AbortController();
  response.once("close", () => leaving.abort());
  const job = await waits.untilEnd(jobId, { timeoutMs: waitMs, signal: leaving.signal });
  const answer = job !== null && hasEnded(job) ? await jobs.answer(jobId) : null;
  if (job === null) throw new TokenHubError("not_found", "The job was deleted meanwhile.");
  if (answer === null) sendJob(response, job);
  else {
    setPlace(response, jobId);
    sendKeptAnswer(response, answer);
  }
}

function setPlace(response: Response, jobId: string): void {
  response.setHeader("location", `/v1/jobs/${jobId}`);
  response.setHeader("x-tokenhub-job", jobId);
}

/** A job that has not ended says when to ask again. */
function sendJob(response: Response, job: StoredJob): void {
  setPlace(response.status(202), job.id);
  if (!hasEnded(job)) response.setHeader("retry-after", String(pollAfterSeconds));
  response.json(presentJob(job));
}
