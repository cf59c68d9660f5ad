import { TokenHubError } from "@tokenhub/contracts";
import type {
  JobRepository,
  NewJob,
  ResponseRepository,
  StoredJob,
  StoredResponse,
} from "@tokenhub/persistence";
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
import { responseIdOf } from "./response-ids.ts";
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
    const job = arrived.keyed?.existing ?? (await accept(deps, arrived));
    const id = responseIdOf(job.id);
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
  const id = responseIdOf(requestId);
  const body = { ...arrived.body, background: true };
  const { tenantId, projectId, keyId } = caller;
  const previous = arrived.body["previous_response_id"];
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
      ...(arrived.keyed?.existing === null ? { insert: arrived.keyed.insert } : {}),
    });
  } catch (error) {
    // Nobody knows of it; retention deletes it when this fails.
    await responses.withdraw(id).catch(() => undefined);
    throw error;
  }
}

interface Accepted {
  readonly job: NewJob | StoredJob;
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
  const stored = await storedOf(deps, { job, id });
  const isEnded = waitMs !== null && stored.responseJson !== null;
  if (waitMs !== null && !isEnded) response.status(202);
  if (isEnded) await sendResponse(deps, response, stored);
  else sendRunning(response, runningResponseOf(stored.draftJson, job));
}

function sendRunning(response: Response, object: object): void {
  response.setHeader("retry-after", "1");
  response.json(object);
}

async function follow(deps: ResponseDoorDeps, response: Response, { job, id }: Accepted): Promise<void> {
  const stored = await storedOf(deps, { job, id });
  await deps.follower.follow(response, {
    stored,
    jobId: job.id,
    createdAtMs: job.createdAtMs,
    after: -1,
  });
}

async function storedOf(
  { responses, now }: ResponseDoorDeps,
  { job, id }: Accepted,
): Promise<StoredResponse> {
  const stored = await responses.get({ id, tenantId: job.tenantId, nowMs: now() });
  if (stored !== null) return stored;
  throw new TokenHubError(
    "not_found",
    "The response was deleted meanwhile, or is past its time. Send the request anew.",
  );
}
