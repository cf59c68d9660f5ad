import { TokenHubError } from "@tokenhub/contracts";
import type { NewJob, StoredJob } from "@tokenhub/persistence";
import { Router, type Request, type RequestHandler } from "express";
import type { Caller } from "../../admission/caller.ts";
import { requestIdOf } from "../../http/assign-request-id.ts";
import { allowOnly } from "../../http/error-handler.ts";
import { parseJsonObject } from "../../http/parse-json-object.ts";
import { readBodyText } from "../../http/read-body.ts";
import { requireJson } from "../../http/require-json.ts";
import { scopeOfEndpoint } from "../../jobs/endpoint-scope.ts";
import { digitsOf } from "../../jobs/job-ids.ts";
import { hasEnded } from "../../jobs/job-waits.ts";
import { keptHeaders } from "../../jobs/kept-headers.ts";
import { presentJob } from "../../jobs/present-job.ts";
import { readJobRequest } from "../../jobs/read-job-request.ts";
import { storedJobOfNew } from "../../jobs/stored-job-of-new.ts";
import { turnOf } from "../../jobs/turn-of-job.ts";
import type { JobRouteDeps } from "./job-route-deps.ts";
import { listJobs } from "./list-jobs.ts";
import { readWaitQuery } from "./read-wait-query.ts";

const path = "/v1/jobs";

/** The door to jobs: submit, look at, list, follow, cancel and delete them. Mounted at the root. */
export function jobRoutes(deps: JobRouteDeps): Router {
  const router = Router({ caseSensitive: true });
  router.route(path).post(submit(deps)).get(list(deps)).all(allowOnly("GET", "POST"));
  router.route(`${path}/:id`).get(show(deps)).delete(remove(deps)).all(allowOnly("GET", "DELETE"));
  router.route(`${path}/:id/cancel`).post(cancel(deps)).all(allowOnly("POST"));
  router.route(`${path}/:id/events`).get(follow(deps)).all(allowOnly("GET"));
  return router;
}

/** @throws TokenHubError with a 401, `rate_limited` */
async function admitted({ admission }: JobRouteDeps, request: Request): Promise<Caller> {
  const caller = admission.authenticate(request);
  const permit = admission.admit(caller);
  if (permit !== null) await permit;
  return caller;
}

function submit(deps: JobRouteDeps): RequestHandler {
  return async (request, response) => {
    const caller = await admitted(deps, request);
    requireJson(request);
    const bodyText = await readBodyText(request, { response, limitBytes: deps.maxBodyBytes });
    const { endpoint, terms, ...submitted } = readJobRequest(parseJsonObject(bodyText), deps.readWebhook);
    deps.admission.requireScope(caller, scopeOfEndpoint(endpoint));
    const digits = digitsOf(requestIdOf(response));
    const headers = keptHeaders(request.headers);
    let accepted: NewJob | null = null;
    const jobId = await deps.accept({
      caller,
      endpoint,
      headers,
      bodyText: submitted.bodyText,
      terms: { ...terms, digits },
      onAccepted: (job) => (accepted = job),
    });
    const job = accepted === null ? await requireJob(deps, { jobId, caller }) : storedJobOfNew(accepted);
    response.status(202).setHeader("location", `${path}/${job.id}`);
    response.json(presentJob(job));
  };
}

function list(deps: JobRouteDeps): RequestHandler {
  return async (request, response) => {
    const caller = await admitted(deps, request);
    response.json(await listJobs(deps, { caller, query: request.query }));
  };
}

/** Waits for the end as long as the caller wishes: for clients that can take no webhooks. */
function show(deps: JobRouteDeps): RequestHandler {
  return async (request, response) => {
    const caller = await admitted(deps, request);
    const waitMs = readWaitQuery(request.query);
    let job = await requireJob(deps, { jobId: idOf(request), caller });
    if (waitMs > 0 && !hasEnded(job)) {
      const leaving = new AbortController();
      response.once("close", () => leaving.abort());
      job = (await deps.waits.untilEnd(job.id, { timeoutMs: waitMs, signal: leaving.signal })) ?? job;
    }
    response.setHeader("cache-control", "no-store");
    if (!hasEnded(job)) response.setHeader("retry-after", "1");
    const answer = hasEnded(job) ? await deps.jobs.answer(job.id) : null;
    response.json(presentJob(job, { turn: await turnOf(deps, job), answer }));
  };
}

function cancel(deps: JobRouteDeps): RequestHandler {
  return async (request, response) => {
    const caller = await admitted(deps, request);
    const jobId = requireId(request);
    const job = await deps.canceller.cancel(jobId, scopeOf(caller));
    response.status(hasEnded(job) ? 200 : 202).json(presentJob(job));
  };
}

/** Only what has ended can be deleted: what runs is paid for, and its answer belongs to somebody. */
function remove(deps: JobRouteDeps): RequestHandler {
  return async (request, response) => {
    const caller = await admitted(deps, request);
    const job = await requireJob(deps, { jobId: idOf(request), caller });
    if (!hasEnded(job))
      throw new TokenHubError(
        "conflict",
        `The job has not ended. Cancel it first: POST ${path}/${job.id}/cancel.`,
      );
    if (job.batchId !== null)
      throw new TokenHubError(
        "conflict",
        `The job is a line of the batch ${job.batchId}, whose results need it. It is deleted with those.`,
      );
    await deps.jobs.removeEnded(job.id, scopeOf(caller));
    response.json({ id: job.id, object: "job.deleted", deleted: true });
  };
}

function follow(deps: JobRouteDeps): RequestHandler {
  return async (request, response) => {
    const caller = await admitted(deps, request);
    const job = await requireJob(deps, { jobId: idOf(request), caller });
    await deps.follower.follow(response, { job, after: placeOf(request) });
  };
}

/** A reconnecting EventSource keeps its address, so what it has seen since is in the header. */
function placeOf(request: Request): number {
  const header = request.headers["last-event-id"];
  const stated = typeof header === "string" && header !== "" ? header : request.query["after"];
  if (stated === undefined || stated === "") return 0;
  if (typeof stated === "string" && /^\d{1,9}$/.test(stated)) return Number(stated);
  throw new TokenHubError("invalid_request", "`after` must be the id of an event of this job.", {
    param: "after",
  });
}

/** Jobs of other tenants are not there, nor are those of other projects for a project's key. @throws TokenHubError `not_found` */
async function requireJob(
  { jobs }: Pick<JobRouteDeps, "jobs">,
  { jobId, caller }: { readonly jobId: string; readonly caller: Caller },
): Promise<StoredJob> {
  const job = /^job_[0-9a-z]{1,64}$/.test(jobId) ? await jobs.get(jobId, scopeOf(caller)) : null;
  if (job !== null) return job;
  throw new TokenHubError("not_found", "There is no job of this id. GET /v1/jobs lists yours.");
}

function scopeOf({ tenantId, projectId }: Caller) {
  return projectId === null ? { tenantId } : { tenantId, projectId };
}

function requireId(request: Request): string {
  const id = idOf(request);
  if (/^job_[0-9a-z]{1,64}$/.test(id)) return id;
  throw new TokenHubError("not_found", "There is no job of this id. GET /v1/jobs lists yours.");
}

function idOf(request: Request): string {
  return String(request.params["id"]);
}
