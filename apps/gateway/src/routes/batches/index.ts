import { batchListQuerySchema } from "@tokenhub/contracts/api";
import { Router, type Request, type RequestHandler } from "express";
import type { Caller } from "../../admission/caller.ts";
import { admitCaller, ownFilters } from "../../batches/admit-caller.ts";
import type { BatchDeps } from "../../batches/batch-deps.ts";
import { cancelBatch } from "../../batches/cancel-batch.ts";
import { requireBatch } from "../../batches/find-own.ts";
import { presentBatch } from "../../batches/present-batch.ts";
import { cutPage, readQuery } from "../../batches/read-query.ts";
import { allowOnly } from "../../http/error-handler.ts";
import { createBatch } from "./create-batch.ts";

const path = "/v1/batches";
const surface = "openai";

/** Batches of the OpenAI API, over any configured provider. Mounted at the root. */
export function batchRoutes(deps: BatchDeps): Router {
  const router = Router({ caseSensitive: true });
  router.route(path).post(create(deps)).get(list(deps)).all(allowOnly("GET", "POST"));
  router.route(`${path}/:id`).get(show(deps)).all(allowOnly("GET"));
  router.route(`${path}/:id/cancel`).post(cancel(deps)).all(allowOnly("POST"));
  return router;
}

function create(deps: BatchDeps): RequestHandler {
  return async (request, response) => {
    const caller = await admitCaller(deps, request);
    const batchId = await createBatch(deps, { request, response, caller });
    response.json(presentBatch(await requireBatch(deps, { caller, batchId, surface })));
  };
}

function list(deps: BatchDeps): RequestHandler {
  return async (request, response) => {
    const caller = await admitCaller(deps, request);
    const { limit, after } = readQuery(batchListQuerySchema, request.query);
    const rows = await deps.batches.page({
      filters: { ...ownFilters(caller), surface },
      limit: limit + 1,
      after: after === undefined ? null : await requireBatch(deps, { caller, batchId: after, surface }),
      direction: "desc",
    });
    const { page, hasMore } = cutPage(rows, limit);
    response.json({
      object: "list",
      data: page.map(presentBatch),
      first_id: page[0]?.id ?? null,
      last_id: page.at(-1)?.id ?? null,
      has_more: hasMore,
    });
  };
}

function show(deps: BatchDeps): RequestHandler {
  return async (request, response) => {
    const caller = await admitCaller(deps, request);
    response.json(presentBatch(await found(deps, { caller, request })));
  };
}

function cancel(deps: BatchDeps): RequestHandler {
  return async (request, response) => {
    const caller = await admitCaller(deps, request);
    response.json(presentBatch(await cancelBatch(deps, await found(deps, { caller, request }))));
  };
}

function found(deps: BatchDeps, { caller, request }: { readonly caller: Caller; readonly request: Request }) {
  return requireBatch(deps, { caller, batchId: String(request.params["id"]), surface });
}
