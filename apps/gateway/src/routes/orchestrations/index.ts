import { TokenHubError } from "@tokenhub/contracts";
import { newRunState, reportOf } from "@tokenhub/orchestration";
import { Router, type Request, type RequestHandler, type Response } from "express";
import type { Caller } from "../../admission/caller.ts";
import { allowOnly } from "../../http/error-handler.ts";
import { parseJsonObject } from "../../http/parse-json-object.ts";
import { readBodyText } from "../../http/read-body.ts";
import { requireJson } from "../../http/require-json.ts";
import { sendError } from "../../http/surface.ts";
import { requireRun, type FoundRun } from "../../orchestration/find-run.ts";
import { readRunBody } from "../../orchestration/run-body.ts";
import { RunFailedError } from "../../orchestration/run-failed-error.ts";
import { failureToError } from "../../sync/failure-to-error.ts";
import { cancelAndWait } from "./cancel-and-wait.ts";
import { createRun, type CreatedRun, type RunEnding } from "./create-run.ts";
import { listRuns } from "./list-runs.ts";
import type { OrchestrationDeps } from "./orchestration-deps.ts";
import { readStartRequest } from "./read-start-request.ts";

const path = "/v1/orchestrations";

/** The native door to orchestrations: begin, look at, list, cancel and follow them. Mounted at the root. */
export function orchestrationRoutes(deps: OrchestrationDeps): Router {
  const router = Router({ caseSensitive: true });
  router.route(path).post(create(deps)).get(list(deps)).all(allowOnly("GET", "POST"));
  router.route(`${path}/:id`).get(show(deps)).all(allowOnly("GET"));
  router.route(`${path}/:id/cancel`).post(cancel(deps)).all(allowOnly("POST"));
  router.route(`${path}/:id/events`).get(follow(deps)).all(allowOnly("GET"));
  return router;
}

/** @throws TokenHubError with a 401, `insufficient_scope`, `rate_limited` */
async function admitted({ admission }: OrchestrationDeps, request: Request): Promise<Caller> {
  const caller = admission.authenticate(request);
  admission.requireScope(caller, "plan");
  const permit = admission.admit(caller);
  if (permit !== null) await permit;
  return caller;
}

function create(deps: OrchestrationDeps): RequestHandler {
  return async (request, response) => {
    const acceptedAtMs = deps.now();
    const caller = await admitted(deps, request);
    requireJson(request);
    const bodyText = await readBodyText(request, { response, limitBytes: deps.maxBodyBytes });
    const stated = readStartRequest(parseJsonObject(bodyText));
    const isAsync = prefersAsync(request);
    const asked = { ...stated, isBackground: stated.isBackground || (isAsync && !stated.isStream) };
    if (response.closed) return;
    const isWaitedFor = !asked.isBackground && !asked.isStream;
    if (asked.isStream) deps.followers.requireRoom();
    const place = isWaitedFor ? deps.gate.enter() : null;
    try {
      const run = await createRun(deps, { request, response, caller, asked, acceptedAtMs });
      if (isWaitedFor) await answerEnd(deps, { request, response, run });
      else if (asked.isStream) await answerEvents(deps, { response, run });
      else {
        if (isAsync) response.setHeader("preference-applied", "respond-async");
        answerAccepted(response, run);
      }
    } finally {
      place?.[Symbol.dispose]();
    }
  };
}

interface Answering {
  readonly request: Request;
  readonly response: Response;
  readonly run: CreatedRun;
}

/** Waits for the run. A caller who goes away stops it: nobody else has heard of it. */
async function answerEnd(deps: OrchestrationDeps, { request, response, run }: Answering): Promise<void> {
  const { promise: gone, resolve } = Promise.withResolvers<null>();
  const onClose = (): void => resolve(null);
  response.once("close", onClose);
  if (response.closed) onClose();
  const ending = await Promise.race([run.ending, gone]);
  response.off("close", onClose);
  if (ending === null) {
    run.leave();
    // Redis gets to know of it sooner or later, also when it is away just now.
    deps.submit.cancel(run.input.requestId);
    await deps.cancelRun(run.input.runId);
  } else if (ending.kind === "still_running") {
    const found = await requireRun(deps, { runId: run.input.runId, caller: run.input });
    if (found.state.outcome === null) setLocation(response.status(202), run);
    response.json(reportOf(found.input, found.state));
  } else sendEnding({ request, response, run }, ending);
}

function sendEnding(
  { request, response, run }: Answering,
  { result, body }: Extract<RunEnding, { kind: "ended" }>,
): void {
  const { report } = readRunBody(body);
  setLocation(response, run);
  if (result.failure === null && report !== null) {
    response.json(report);
    return;
  }
  const error =
    result.failure === null
      ? new TokenHubError("cancelled", "The orchestration was cancelled.")
      : failureToError(result.failure);
  sendError(request, response, report === null ? error : new RunFailedError(error, report));
}

/** The run goes on whatever becomes of this connection: its events can be followed again. */
async function answerEvents(
  { followers }: OrchestrationDeps,
  { response, run }: Omit<Answering, "request">,
): Promise<void> {
  setLocation(response, run);
  const found: FoundRun = { input: run.input, state: newRunState(), isStored: true };
  try {
    await followers.stream(response, { run: found, after: null });
  } catch (error) {
    // The last place was taken meanwhile. An error would make clients begin a second run.
    if (response.headersSent) throw error;
    answerAccepted(response, run);
  }
}

function answerAccepted(response: Response, run: CreatedRun): void {
  setLocation(response, run);
  response.status(202).json(reportOf(run.input, newRunState()));
}

function setLocation(response: Response, { input, warnings }: Pick<CreatedRun, "input" | "warnings">): void {
  response.setHeader("location", `${path}/${input.runId}`);
  response.setHeader("x-tokenhub-run", input.runId);
  if (warnings.length > 0)
    response.setHeader("x-tokenhub-warnings", warnings.join("; ").replaceAll(/[^\x20-\x7e]/g, "?"));
}

function prefersAsync(request: Request): boolean {
  const preferences = request.headers["prefer"];
  const stated = Array.isArray(preferences) ? preferences.join(",") : (preferences ?? "");
  return stated.split(/[,;]/).some((preference) => preference.trim().toLowerCase() === "respond-async");
}

function list(deps: OrchestrationDeps): RequestHandler {
  return async (request, response) => {
    const caller = await admitted(deps, request);
    response.json(await listRuns(deps, { caller, query: request.query }));
  };
}

function show(deps: OrchestrationDeps): RequestHandler {
  return async (request, response) => {
    const caller = await admitted(deps, request);
    const { input, state } = await requireRun(deps, { runId: idOf(request), caller });
    response.setHeader("cache-control", "no-store");
    response.json(reportOf(input, state));
  };
}

function cancel(deps: OrchestrationDeps): RequestHandler {
  return async (request, response) => {
    const caller = await admitted(deps, request);
    const { input, state } = await cancelAndWait(deps, { runId: idOf(request), caller });
    response.status(state.outcome === null ? 202 : 200).json(reportOf(input, state));
  };
}

function follow(deps: OrchestrationDeps): RequestHandler {
  return async (request, response) => {
    const caller = await admitted(deps, request);
    const run = await requireRun(deps, { runId: idOf(request), caller });
    const { after } = request.query;
    if (after !== undefined && typeof after !== "string")
      throw new TokenHubError("invalid_request", "`after` must be stated once.", { param: "after" });
    // A reconnecting EventSource keeps its address, so what it has seen since is in the header.
    const lastSeen = request.headers["last-event-id"];
    const place = typeof lastSeen === "string" && lastSeen !== "" ? lastSeen : (after ?? "");
    if (request.method === "HEAD") {
      response.setHeader("content-type", "text/event-stream; charset=utf-8");
      response.end();
      return;
    }
    await deps.followers.stream(response, { run, after: place === "" ? null : place });
  };
}

function idOf(request: Request): string {
  return String(request.params["id"]);
}
