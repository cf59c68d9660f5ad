import { TokenHubError } from "@tokenhub/contracts";
import type { StoredResponse } from "@tokenhub/persistence";
import type { Request, Response } from "express";
import type { ResponseRouteDeps } from "./response-route-deps.ts";

/**
 * The events of a response in the background, from the first one on or behind the one numbered `starting_after`.
 * @throws TokenHubError `invalid_request` when it has none, `not_found` when they are not kept any more.
 */
export async function streamResponse(
  { jobs, follower }: ResponseRouteDeps,
  {
    request,
    response,
    stored,
  }: { readonly request: Request; readonly response: Response; readonly stored: StoredResponse },
): Promise<void> {
  const after = readStartingAfter(request.query["starting_after"]);
  const { jobId } = stored;
  if (jobId === null || !stored.isStream)
    throw new TokenHubError(
      "invalid_request",
      "Only a response that was created with `background: true` and `stream: true` has a stream to resume. Get this one without `stream`.",
      { param: "stream" },
    );
  const job = await jobs.get(jobId);
  const isPurged = job?.statusCode === 200 && job.resultBytes === null;
  if (job === null || isPurged)
    throw new TokenHubError(
      "not_found",
      "The events of this response are not kept any more. Get it without `stream`.",
      { param: "stream" },
    );
  await follower.follow(response, { stored, jobId, createdAtMs: job.createdAtMs, after });
}

/** -1: from the first event on. */
function readStartingAfter(stated: unknown): number {
  if (stated === undefined || stated === "") return -1;
  if (typeof stated === "string" && /^\d{1,9}$/.test(stated)) return Number(stated);
  throw new TokenHubError(
    "invalid_request",
    "`starting_after` must be the `sequence_number` of the last event that was seen.",
    { param: "starting_after" },
  );
}
