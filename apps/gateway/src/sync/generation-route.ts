import type { Request, RequestHandler, Response } from "express";
import type { Admission, RequestToReserve } from "../admission/admission.ts";
import type { Reservation } from "../admission/budget-guard.ts";
import type { Caller } from "../admission/caller.ts";
import { readWishHeaders } from "../admission/wish-headers.ts";
import { enterCache, type CacheDeps } from "../cache/enter-cache.ts";
import { parseJsonObject } from "../http/parse-json-object.ts";
import { readBodyText } from "../http/read-body.ts";
import { requireJson } from "../http/require-json.ts";
import type { InternalCall, InternalCalls } from "../jobs/internal-call.ts";
import type { JobDoor } from "../jobs/job-door.ts";
import { planRun, type PlanRunDeps, type PlannedRun } from "../orchestration/plan-run.ts";
import { createRunCarrier, type RunCarrierDeps } from "../orchestration/run-carrier.ts";
import type { OrchestrationWish } from "../orchestration/orchestration-wish.ts";
import { requireUsableSchema } from "../output/require-usable-schema.ts";
import type { AnswerKeeper, SentRequest } from "./answer-keeper.ts";
import { buildSubmission, type SubmissionDeps } from "./build-submission.ts";
import { createJobCarrier } from "./carrier.ts";
import { executedCarrier } from "./executed-carrier.ts";
import type { EndpointRequest, GenerationEndpoint } from "./generation-endpoint.ts";
import type { AdmittedRequest } from "./delivery.ts";
import { prepareRequest, type PreparedRequest } from "./prepare-request.ts";
import { serveRequest, type ServeDeps } from "./serve-request.ts";
import type { Submission } from "./submit-request.ts";

export interface GenerationDeps extends ServeDeps, SubmissionDeps {
  readonly admission: Admission;
  /** @throws TokenHubError `model_not_found` when no model or alias has this name. */
  readonly requireModel: (name: string | null) => void;
  readonly cache: CacheDeps;
  readonly maxBodyBytes: number;
  readonly orchestration: Omit<PlanRunDeps, "admission" | "requireModel" | "now"> &
    Pick<RunCarrierDeps, "runs">;
  readonly internalCalls: InternalCalls;
  readonly jobs: JobDoor;
}

/**
 * Handles one generation endpoint: authenticate, parse, admit, register the waiter, enqueue, deliver; or, for a caller who
 * does not want to wait, have it become a job. Everything that can be wrong with a request is found before anything is
 * enqueued.
 */
export function createGenerationRoute(deps: GenerationDeps, endpoint: GenerationEndpoint): RequestHandler {
  return async (request, response) => {
    const acceptedAtMs = deps.now();
    const call = deps.internalCalls.of(request);
    const caller = call?.caller ?? (await admitted(deps, { endpoint, request }));
    requireJson(request);
    const bodyText = await readBodyText(request, { response, limitBytes: deps.maxBodyBytes });
    const body = parseJsonObject(bodyText);
    const asked = await readWhole(endpoint, { call, caller, body, bodyText, response });
    const headerWishes = readWishHeaders(request.headers);
    const { modes, index } = deps.orchestration;
    const prepared = prepareRequest(asked, { headerWishes, modes: modes.names(), index: index() });
    const { read, plan, wish } = prepared;
    const { operation } = endpoint;
    const execution = call?.kind === "execute" ? call : null;
    const arrived = { operation, request, response, caller, read, headerWishes, acceptedAtMs, execution };
    const submission = buildSubmission(deps, arrived);
    const serving = { request, response, submission, caller, prepared, call };
    const way = wish === null ? wayOfRequest(deps, serving) : await wayOfRun(deps, { ...serving, wish });
    const { waitMs } = submission;
    const origin = { endpoint: endpoint.path, request, response, caller, bodyText, waitMs };
    const cost = { ...submission, ...way.cost };
    if (call === null && (await endpoint.keeping?.tookOver({ ...origin, body, cost })) === true) return;
    if (call?.kind !== "execute" && (await deps.jobs.tookOver({ ...origin, call, cost }))) return;
    const reservation = await reserve(deps, { caller, call, cost });
    const { passage, carrier } = way;
    const continueAsJob = call === null && submission.deadlineAtMs > acceptedAtMs + submission.waitMs;
    const outlive = continueAsJob ? () => deps.jobs.outlive({ ...origin, cost }) : null;
    const keeper = keeperOf(endpoint, { call, caller, body, submission });
    const served = {
      endpoint,
      request,
      response,
      submission,
      read,
      plan,
      passage,
      carrier,
      call,
      outlive,
      keeper,
    };
    await serveRequest(deps, served, reservation);
  };
}

/** @throws TokenHubError with a 401, `insufficient_scope`, `rate_limited` */
async function admitted(
  { admission }: GenerationDeps,
  { endpoint, request }: { readonly endpoint: GenerationEndpoint; readonly request: Request },
): Promise<Caller> {
  const caller = admission.authenticate(request);
  admission.requireScope(caller, endpoint.scope);
  const permit = admission.admit(caller);
  if (permit !== null) await permit;
  return caller;
}

/** Reads a request together with what came before it, where its endpoint keeps that. */
async function readWhole(
  { read, keeping }: GenerationEndpoint,
  {
    call,
    response,
    ...sent
  }: SentRequest & { readonly call: InternalCall | null; readonly response: Response },
): Promise<EndpointRequest> {
  const asked = read(sent.body, { bodyText: sent.bodyText, response });
  const whole = isFollowing(call) ? null : await keeping?.continued(sent);
  return whole == null ? asked : read(parseJsonObject(whole), { bodyText: whole, response });
}

/** Whoever follows a job leaves the keeping of its answer to whoever carries it out. */
function keeperOf(
  { keeping }: GenerationEndpoint,
  {
    call,
    caller,
    body,
    submission,
  }: Pick<SentRequest, "caller" | "body"> & {
    readonly call: InternalCall | null;
    readonly submission: Submission;
  },
): AnswerKeeper | null {
  if (keeping === undefined || isFollowing(call)) return null;
  const { requestId, acceptedAtMs } = submission;
  const createdAtMs = call?.kind === "execute" ? call.createdAtMs : acceptedAtMs;
  return keeping.keeperOf({ caller, body, requestId, createdAtMs });
}

/** What a job may cost was reserved when it was accepted. */
function reserve(
  { admission }: GenerationDeps,
  {
    caller,
    call,
    cost,
  }: { readonly caller: Caller; readonly call: InternalCall | null; readonly cost: RequestToReserve },
): Promise<Reservation> | null {
  return call === null ? admission.reserve(caller, cost) : null;
}

/** How a request is carried out. */
interface Way extends Pick<AdmittedRequest, "passage" | "carrier"> {
  readonly cost: Pick<RequestToReserve, "worstCaseUsd">;
}

interface ServedRequest {
  readonly request: Request;
  readonly response: Response;
  readonly submission: Submission;
  readonly caller: Caller;
  readonly prepared: PreparedRequest;
  readonly call: InternalCall | null;
}

function wayOfRequest(deps: GenerationDeps, { request, submission, prepared, call }: ServedRequest): Way {
  const { read, plan } = prepared;
  deps.requireModel(submission.features.requestedModel);
  const carrier = createJobCarrier(submitDepsOf(deps, call), submission);
  return {
    passage: isFollowing(call)
      ? null
      : enterCache(deps.cache, { headers: request.headers, read, plan, submission }),
    carrier: executedCarrier(deps.submit, { carrier, call, submission }),
    cost: {},
  };
}

/** Whoever follows a job gets what its request is answered, from wherever that comes. */
function isFollowing(call: InternalCall | null): boolean {
  return call?.kind === "execute" && !call.isSent;
}

/** A job whose request could not be sent is sent again under the same id, which nothing must have cancelled. */
function submitDepsOf({ submit }: GenerationDeps, call: InternalCall | null): GenerationDeps["submit"] {
  return call?.kind === "execute" ? { ...submit, cancel: () => undefined } : submit;
}

/** An orchestration: planned and priced before its first call, never answered from the cache. */
async function wayOfRun(
  deps: GenerationDeps,
  {
    response,
    submission,
    caller,
    prepared,
    wish,
    call,
  }: ServedRequest & { readonly wish: OrchestrationWish },
): Promise<Way> {
  const { orchestration, admission, requireModel, now, events } = deps;
  const submit = submitDepsOf(deps, call);
  const { read, plan } = prepared;
  const planned: PlannedRun = planRun(
    { ...orchestration, admission, requireModel, now },
    { caller, wish, read, submission, replyTo: submit.gatewayId, streamsCalls: false },
  );
  if (plan.schema !== undefined) await requireUsableSchema(deps.validator, plan.schema);
  const carrying = { ...submit, runs: orchestration.runs, now, onError: events.redisTrouble };
  const carrier = createRunCarrier(carrying, { planned, submission, response });
  return {
    passage: null,
    carrier: executedCarrier(submit, { carrier, call, submission }),
    cost: { worstCaseUsd: planned.reservedUsd },
  };
}
