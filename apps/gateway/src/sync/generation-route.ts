import type { Request, RequestHandler, Response } from "express";
import type { Admission, RequestToReserve } from "../admission/admission.ts";
import type { Caller } from "../admission/caller.ts";
import { readWishHeaders } from "../admission/wish-headers.ts";
import { enterCache, type CacheDeps } from "../cache/enter-cache.ts";
import { parseJsonObject } from "../http/parse-json-object.ts";
import { readBodyText } from "../http/read-body.ts";
import { requireJson } from "../http/require-json.ts";
import { planRun, type PlanRunDeps, type PlannedRun } from "../orchestration/plan-run.ts";
import { createRunCarrier, type RunCarrierDeps } from "../orchestration/run-carrier.ts";
import type { OrchestrationWish } from "../orchestration/orchestration-wish.ts";
import { requireUsableSchema } from "../output/require-usable-schema.ts";
import { buildSubmission, type SubmissionDeps } from "./build-submission.ts";
import { createJobCarrier } from "./carrier.ts";
import type { GenerationEndpoint } from "./generation-endpoint.ts";
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
}

/**
 * Handles one generation endpoint: authenticate, parse, admit, register the waiter, enqueue, deliver. Everything that can
 * be wrong with a request is found before anything is enqueued.
 */
export function createGenerationRoute(deps: GenerationDeps, endpoint: GenerationEndpoint): RequestHandler {
  return async (request, response) => {
    const acceptedAtMs = deps.now();
    const caller = deps.admission.authenticate(request);
    deps.admission.requireScope(caller, endpoint.scope);
    const permit = deps.admission.admit(caller);
    if (permit !== null) await permit;
    requireJson(request);
    const bodyText = await readBodyText(request, { response, limitBytes: deps.maxBodyBytes });
    const asked = endpoint.read(parseJsonObject(bodyText), { bodyText, response });
    const headerWishes = readWishHeaders(request.headers);
    const { modes, index } = deps.orchestration;
    const prepared = prepareRequest(asked, { headerWishes, modes: modes.names(), index: index() });
    const { read, plan, wish } = prepared;
    const { operation } = endpoint;
    const arrived = { operation, request, response, caller, read, headerWishes, acceptedAtMs };
    const submission = buildSubmission(deps, arrived);
    const serving = { request, response, submission, caller, prepared };
    const way = wish === null ? wayOfRequest(deps, serving) : await wayOfRun(deps, { ...serving, wish });
    const reservation = await deps.admission.reserve(caller, { ...submission, ...way.cost });
    const { passage, carrier } = way;
    const admitted = { endpoint, request, response, submission, read, plan, passage, carrier };
    await serveRequest(deps, admitted, reservation);
  };
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
}

function wayOfRequest(deps: GenerationDeps, { request, submission, prepared }: ServedRequest): Way {
  const { read, plan } = prepared;
  deps.requireModel(submission.features.requestedModel);
  return {
    passage: enterCache(deps.cache, { headers: request.headers, read, plan, submission }),
    carrier: createJobCarrier(deps.submit, submission),
    cost: {},
  };
}

/** An orchestration: planned and priced before its first call, never answered from the cache. */
async function wayOfRun(
  deps: GenerationDeps,
  { response, submission, caller, prepared, wish }: ServedRequest & { readonly wish: OrchestrationWish },
): Promise<Way> {
  const { submit, orchestration, admission, requireModel, now, events } = deps;
  const { read, plan } = prepared;
  const planned: PlannedRun = planRun(
    { ...orchestration, admission, requireModel, now },
    { caller, wish, read, submission, replyTo: submit.gatewayId, streamsCalls: false },
  );
  if (plan.schema !== undefined) await requireUsableSchema(deps.validator, plan.schema);
  const carrying = { ...submit, runs: orchestration.runs, now, onError: events.redisTrouble };
  return {
    passage: null,
    carrier: createRunCarrier(carrying, { planned, submission, response }),
    cost: { worstCaseUsd: planned.reservedUsd },
  };
}
