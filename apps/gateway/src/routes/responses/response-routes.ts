import { TokenHubError } from "@tokenhub/contracts";
import { Router, type RequestHandler } from "express";
import { allowOnly } from "../../http/error-handler.ts";
import { sendResponse } from "../../responses/send-response.ts";
import { findResponse, unknownResponse } from "./find-response.ts";
import { listInputItems } from "./list-input-items.ts";
import type { ResponseRouteDeps } from "./response-route-deps.ts";
import { streamResponse } from "./stream-response.ts";

const path = "/v1/responses/:id";

/** Looks after kept responses: get, follow, cancel and delete them, list their input. Mounted at the root. */
export function responseRoutes(deps: ResponseRouteDeps): Router {
  const router = Router({ caseSensitive: true });
  router.route(path).get(retrieve(deps)).delete(remove(deps)).all(allowOnly("GET", "DELETE"));
  router.route(`${path}/cancel`).post(cancel(deps)).all(allowOnly("POST"));
  router.route(`${path}/input_items`).get(inputItems(deps)).all(allowOnly("GET"));
  return router;
}

function retrieve(deps: ResponseRouteDeps): RequestHandler {
  return async (request, response) => {
    const { stored } = await findResponse(deps, request);
    if (request.query["stream"] === "true") await streamResponse(deps, { request, response, stored });
    else await sendResponse(deps, response, stored);
  };
}

/** A second cancel, and one that comes too late, give the response as it is. */
function cancel(deps: ResponseRouteDeps): RequestHandler {
  return async (request, response) => {
    const { stored, scope } = await findResponse(deps, request);
    if (!stored.isBackground || stored.jobId === null)
      throw new TokenHubError(
        "invalid_request",
        "Only a response that was created with `background: true` can be cancelled; any other ends with its connection.",
        { param: "response_id" },
      );
    if (stored.responseJson === null) await deps.canceller.cancel(stored.jobId, scope);
    const left = await deps.responses.get({ id: stored.id, ...scope, nowMs: deps.now() });
    if (left === null) throw unknownResponse();
    await sendResponse(deps, response, left);
  };
}

/** Only what has ended can be deleted: what runs is paid for, and its answer belongs to somebody. */
function remove(deps: ResponseRouteDeps): RequestHandler {
  return async (request, response) => {
    const { stored, scope } = await findResponse(deps, request);
    const { id, jobId } = stored;
    if (!(await deps.responses.removeEnded({ id, ...scope, nowMs: deps.now() })))
      throw new TokenHubError(
        "conflict",
        `The response has not ended. Cancel it first: POST /v1/responses/${id}/cancel.`,
        { param: "response_id" },
      );
    // Its answer is kept there, too.
    if (jobId !== null) await deps.jobs.removeEnded(jobId, scope);
    response.json({ id, object: "response", deleted: true });
  };
}

function inputItems(deps: ResponseRouteDeps): RequestHandler {
  return async (request, response) => {
    const { stored } = await findResponse(deps, request);
    response.json(listInputItems(stored, request.query));
  };
}
