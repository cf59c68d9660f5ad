import { TokenHubError } from "@tokenhub/contracts";
import type { JobRepository, NewJob, ResponseRepository } from "@tokenhub/persistence";
import { inputItemsOf, responseEnvelopeOf, spliceTopLevel } from "@tokenhub/translation";
import type { Response } from "express";
import { requestIdOf } from "../http/assign-request-id.ts";
import { readPreferences } from "../http/read-preferences.ts";
import type { JobAcceptor } from "../jobs/accept-job.ts";
import { digitsOf } from "../jobs/job-ids.ts";
import { defaultTerms } from "../jobs/job-terms.ts";
import type { JobWaits } from "../jobs/job-waits.ts";
import { keptHeaders } from "../jobs/kept-headers.ts";
import type { Keeping } from "../sync/answer-keeper.ts";
import type { ResponseFollower } from "./follow-response.ts";
import { runningResponseOf } from "./present-response.ts";
import { sendResponse } from "./send-response.ts";

export interface ResponseDoorDeps {
  readonly responses: Pick<ResponseRepository, "insert" | "withdraw" | "get">;
  readonly acceptor: JobAcceptor;
  readonly jobs: Pick<JobRepository, "get">;
  readonly waits: Pick<JobWaits, "untilEnd">;
  readonly follower: ResponseFollower;
  /** A response that has not ended is kept so long at least: its job ends before. */
  readonly unfinishedKeepMs: number;
  readonly syncWaitMs: number;
  readonly now: () => number;
}

type Arrived = Parameters<Keeping["tookOver"]>[0];

/**
 * Where responses become jobs: `background: true`, answered with the response or its stream, and `Prefer: respond-async`,
 * which is the same and answers 202.
 */
export function createResponseDoor(deps: ResponseDoorDeps): Keeping["tookOver"] {
  return async (arrived) => {
    const { body, request, response } = arrived;
    const { respondAsync, waitMs } = readPreferences(request.headers);
    const isKept = body["store"] !== false;
    if (body["background"] === true) requireKept(isKept);
    // What is not to be kept becomes an ordinary job.
    else if (!respondAsync || !isKept) return false;
    const job = await accept(deps, arrived);
    const id = `resp_${digitsOf(job.id)}`;
    response.setHeader("location", `/v1/responses/${id}`);
    response.setHeader("x-tokenhub-job", job.id);
    if (respondAsync) {
      response.setHeader("preference-applied", "respond-async");
      await answerAccepted(deps, response, { job, id, waitMs: Math.min(waitMs ?? 0, deps.syncWaitMs) });
    } else if (job.isStream) await follow(deps, response, { job, id });
    else await answerAccepted(deps, response, { job, id, waitMs: null });
    return true;
  };
}

function requireKept(isKept: boolean): void {
  if (isKept) return;
  throw new TokenHubError(
    "invalid_request",
    "A response in the background is kept, so that it can be asked for. Leave `store` out, or `background`.",
    { param: "store" },
  );
}

/** The row is there before the job: whoever ends the job finds it. */
async function accept(deps: ResponseDoorDeps, arrived: Arrived): Promise<NewJob> {
  const { responses, acceptor, unfinishedKeepMs, now } = deps;
  const { endpoint, request, response, caller, cost } = arrived;
  const requestId = requestIdOf(response);
  const digits = digitsOf(requestId);
  const id = `resp_${digits}`;
  const body = { ...arrived.body, background: true };
  const { tenantId, projectId, keyId } = caller;
  const previous = body["previous_response_id" as keyof typeof body];
  const createdAtMs = now();
  await responses.insert({
    id,
    jobId: `job_${digits}`,
    tenantId,
    projectId,
    keyId,
    previousResponseId: typeof previous === "string" ? previous : null,
    isBackground: true,
    isStream: cost.features.stream,
    inputItemsJson: JSON.stringify(inputItemsOf(body, { responseId: id })),
    draftJson: JSON.stringify(responseEnvelopeOf(body, { requestId, model: "", createdAtMs })),
    responseJson: null,
    createdAtMs,
    expiresAtMs: createdAtMs + unfinishedKeepMs,
  });
  try {
    return await acceptor.accept({
      endpoint,
      caller,
      cost,
      headers: keptHeaders(request.headers),
      bodyText:
        arrived.body["background"] === true
          ? arrived.bodyText
          : spliceTopLevel(arrived.bodyText, { background: "true" }),
      terms: { ...defaultTerms, origin: "response", digits },
    });
  } catch (error) {
    // Nobody knows of it; retention deletes it when this fails.
    await responses.withdraw(id).catch(() => undefined);
    throw error;
  }
}

interface Accepted {
  readonly job: NewJob;
  readonly id: string;
}

/** @param waitMs null: it is given as it was accepted, and that is the answer; else how long its end is waited for. */
async function answerAccepted(
  deps: ResponseDoorDeps,
  response: Response,
  { job, id, waitMs }: Accepted & { readonly waitMs: number | null },
): Promise<void> {
  if (waitMs !== null && waitMs > 0) {
    const leaving = new AbortController();
    response.once("close", () => leaving.abort());
    await deps.waits.untilEnd(job.id, { timeoutMs: waitMs, signal: leaving.signal });
  }
  const { tenantId } = job;
  const stored = await deps.responses.get({ id, tenantId, nowMs: deps.now() });
  const isEnded = waitMs !== null && stored !== null && stored.responseJson !== null;
  if (waitMs !== null && !isEnded) response.status(202);
  if (isEnded) await sendResponse(deps, response, stored);
  else sendRunning(response, runningResponseOf(stored?.draftJson ?? null, job));
}

function sendRunning(response: Response, object: object): void {
  response.setHeader("retry-after", "1");
  response.json(object);
}

async function follow(
  { responses, follower, now }: ResponseDoorDeps,
  response: Response,
  { job, id }: Accepted,
) {
  const { tenantId, createdAtMs } = job;
  const stored = await responses.get({ id, tenantId, nowMs: now() });
  if (stored === null) throw new TokenHubError("not_found", "The response was deleted meanwhile.");
  await follower.follow(response, { stored, jobId: job.id, createdAtMs, after: -1 });
}
