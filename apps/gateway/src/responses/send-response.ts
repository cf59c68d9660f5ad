import { TokenHubError } from "@tokenhub/contracts";
import type { JobRepository, ResponseRepository, StoredResponse } from "@tokenhub/persistence";
import type { Response } from "express";
import { runningResponseOf } from "./present-response.ts";

interface SendDeps {
  readonly responses: Pick<ResponseRepository, "get">;
  readonly jobs: Pick<JobRepository, "get">;
  readonly now: () => number;
}

/** Gives a response as it stands; one that has ended as the very text that is kept. */
export async function sendResponse(
  { responses, jobs, now }: SendDeps,
  response: Response,
  stored: StoredResponse,
): Promise<void> {
  response.setHeader("cache-control", "no-store");
  const job = stored.responseJson !== null || stored.jobId === null ? null : await jobs.get(stored.jobId);
  const { id, tenantId, draftJson } = stored;
  if (job !== null && job.finishedAtMs === null) {
    response.setHeader("retry-after", "1");
    response.json(runningResponseOf(draftJson, job));
    return;
  }
  // It may have ended between the two looks.
  const text = stored.responseJson ?? (await responses.get({ id, tenantId, nowMs: now() }))?.responseJson;
  if (text == null)
    throw new TokenHubError("not_found", "The response was never accepted. Send its request again.");
  response.setHeader("content-type", "application/json; charset=utf-8");
  response.end(text);
}
